import ArgumentParser
import Foundation
import HearthCommand
import HearthCore
import HearthJSON

/// `hearth bench embed`
struct BenchEmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed", abstract: "Put a load on an embedding door, and say where the time goes.",
        discussion: """
            Without --url it starts a server of its own with the models of --models (HEARTH_MODELS when absent). Without
            --images and --texts it sends made-up texts of mixed lengths. Inputs repeat in turn, so that the cache may
            answer, unless --no-cache makes each of them different.
            """)

    @Option(help: "A running server, http://HOST:PORT.") var url: String?
    @Option(help: "Folder with model folders, for a server of its own.") var models: String?
    @Option(help: "Which model; the first that takes such inputs when absent.") var model: String?
    @Option(help: "A JPEG, or a folder of them.") var images: String?
    @Option(help: "A file with a text on each line.") var texts: String?
    @Option(help: "Connections at once.") var concurrency = 16
    @Option(help: "Calls a second, at random moments (open loop); each caller waits for its answer when absent.")
    var rate: Double?
    @Option(help: "Seconds of the load.") var seconds = 5.0
    @Option(help: "native, openai or tei.") var endpoint = BenchEmbedCalls.Endpoint.native
    @Flag(help: "Make all inputs different, so that no cache can answer.") var noCache = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard images == nil || texts == nil else { throw ValidationError("--images or --texts, not both.") }
        guard (1...1_000).contains(concurrency) else { throw ValidationError("--concurrency is 1 to 1000.") }
        guard seconds > 0, rate.map({ $0 > 0 }) ?? true else { throw ValidationError("Numbers must be above 0.") }
    }

    func run() async throws {
        let source: BenchEmbedCalls.Source =
            if let images { .pictures(try BenchPictures(path: images)) } else if let texts {
                .texts(try BenchTexts(file: texts))
            } else { .texts(BenchTexts(words: 4...64)) }
        if let url { return try await measure(BenchEmbedTarget(url: url), source) }
        let models = models ?? ProcessInfo.processInfo.environment["HEARTH_MODELS"]
        let server = BenchServer(hasWorker: true, models: models)
        defer {
            server.stop()
            BenchServer.removeFolders()
        }
        try await server.start()
        _ = try await server.waitUntilReady()
        try await measure(BenchEmbedTarget(server), source)
    }

    private func measure(_ target: BenchEmbedTarget, _ source: BenchEmbedCalls.Source) async throws {
        let identity = try target.model(named: model, source)
        let calls = try BenchEmbedCalls(endpoint, model: model, source: source, isUnique: noCache)
        // Larger passes and the second lane are prepared at their first use.
        _ = await target.measure(calls, connections: concurrency, seconds: min(1, seconds / 4))
        let (samples, outcome, uses) = await target.measure(
            calls, connections: concurrency, rate: rate, seconds: seconds)
        let report = BenchEmbedReport(
            model: identity, load: load(source), samples: samples, outcome: outcome, uses: uses)
        if json { return Terminal.line(report.json.encodedText()) }
        for line in report.lines { Terminal.line(line) }
    }

    /// The load in words.
    private func load(_ source: BenchEmbedCalls.Source) -> String {
        let inputs =
            switch source {
            case .texts(let texts): "\(texts.texts.count) texts"
            case .pictures(let pictures): "\(pictures.files.count) pictures"
            }
        let loop = rate.map { "open loop, \(BenchFigure.number($0))/s due" } ?? "closed loop"
        return
            "\(loop), \(concurrency) connections, \(endpoint.rawValue), \(BenchFigure.number(seconds)) s, \(inputs), "
            + (noCache ? "each call different" : "in turn")
    }
}

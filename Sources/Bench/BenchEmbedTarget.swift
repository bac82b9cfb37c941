import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// A server whose embedding doors are measured: one of one's own, or one that runs already.
struct BenchEmbedTarget {
    let address: BenchConnection.Address
    /// Its processes, by name; empty when they are not ours.
    let processes: [(name: String, process: BenchProcess)]

    /// A server that was started for this.
    init(_ server: BenchServer) {
        address = .port(server.port)
        let worker = server.worker().map { [("worker", BenchProcess(pid: $0.pid))] } ?? []
        processes = [("front", server.front)] + worker
    }

    /// - Throws: ``HearthError`` `invalid_configuration` when the text is no `http://` URL.
    init(url text: String) throws(HearthError) {
        guard let url = URL(string: text), url.scheme == "http", let host = url.host() else {
            throw HearthError(.invalidConfiguration, "`\(text)` is no http URL.", hint: "http://127.0.0.1:8420")
        }
        address = .host(host, url.port ?? 80)
        processes = []
    }

    /// Which model answers; asked before the run, so that nothing is measured when it cannot.
    func model(named name: String?, _ source: BenchEmbedCalls.Source) throws -> ModelIdentity {
        var calls = try BenchEmbedCalls(.native, model: name, source: source, isUnique: true)
        let answer = try BenchConnection(address).send(calls.request(BenchLoad.nextNumber()))
        guard answer.status == 200 else {
            let message = (try? JSONParser.read(answer.body))?["error"]?["message"]?.stringValue
            throw HearthError(.invalidConfiguration, message ?? "The server answers with \(answer.status).")
        }
        return try BenchEmbedAnswer.model(in: answer.body)
    }

    /// Runs a load and watches the processes meanwhile, this one among them.
    func measure(
        _ calls: BenchEmbedCalls, connections: Int, rate: Double? = nil, seconds: Double
    ) async -> (samples: BenchSamples, outcome: BenchEmbedLoad.Outcome, uses: [BenchEmbedReport.Use]) {
        let load = BenchEmbedLoad(
            address: address, calls: calls, connections: connections, rate: rate, seconds: seconds)
        let own = BenchProcess(pid: Int(getpid()))
        let before = processes.map(\.process.processorSeconds) + [own.processorSeconds]
        let (samples, outcome) = await load.run()
        let after = processes.map(\.process.processorSeconds) + [own.processorSeconds]
        guard !processes.isEmpty else { return (samples, outcome, []) }
        let cores = zip(after, before).map { ($0 - $1) / samples.elapsed }
        let uses = zip(processes, cores).map {
            BenchEmbedReport.Use(name: $0.name, cores: $1, memory: $0.process.memory)
        }
        return (samples, outcome, uses + [.init(name: "this client", cores: cores.last ?? 0, memory: nil)])
    }
}

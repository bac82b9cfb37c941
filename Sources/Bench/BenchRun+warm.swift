import Foundation
import HearthCore
import HearthInference
import HearthWorkerLink

/// Models that are always warm: their start, their memory, their first answers, and what the way to them costs.
///
/// Figures that are compared are taken in turn, in several rounds, and the best of each counts: the machine's speed
/// varies more than they do.
extension BenchRun {
    private static let textModel = "all-minilm-l6-v2"
    private static let rounds = 3
    private static let callers = 16
    private static let watchers = 8

    func warm() async throws {
        guard let models else { return show(BenchFigure(name: "warm models", value: "skipped: no --models")) }
        try await memory(models)
        try await firstCalls(models)
        let texts = BenchTexts(words: 4...64)
        let picture = try self.picture ?? BenchWorker.largestSample()
        try await with(BenchServer(hasWorker: true, models: models)) { server in
            let status = try await server.waitUntilReady()
            let ids = status.models.filter { $0.state == .ready }.map(\.id)
            let target = BenchEmbedTarget(server)
            let worker = try await BenchWorker(models: models, only: nil)
            if ids.contains(Self.textModel) { try await manyTexts(target, worker, texts) }
            if ids.contains(BenchWorker.mobilenet) { try await manyPictures(target, worker, picture) }
            if ids.contains(Self.textModel) { try await loneText(target, worker) }
            if ids.contains(BenchWorker.mobilenet) {
                try await lonePicture(target, worker, picture)
                try await samePicture(server, picture)
            }
        }
    }

    // MARK: Start and memory

    private func memory(_ models: String) async throws {
        let worker = try await BenchWorker(models: models, only: nil)
        let first = try await worker.startUntilReady()
        var times: [Double] = []
        var use = (resident: 0, anonymous: 0)
        var count = 0
        for _ in 0..<Self.rounds {
            times.append(
                try worker.withReadyWorker { time, status in
                    count = status.models.count { $0.state == .ready }
                    // Larger passes are prepared in the moments after.
                    poll(nil, 0, 1_500)
                    use = BenchProcess(pid: status.pid).memory
                    return time
                })
        }
        let best = times.min() ?? .nan
        show(.atMost(1_200, best, "ms", "worker start → \(count) models ready and warm, second start, best of 3"))
        show(BenchFigure(name: "  the first start, which compiles", value: "\(BenchFigure.number(first)) ms"))
        show(.atMost(220, Double(use.resident) / 1e6, "MB", "worker's resident memory, \(count) models ready"))
        show(BenchFigure(name: "  of it its own (no file behind it)", value: "\(use.anonymous / 1_000_000) MB"))
    }

    /// The first call of each model beside those that follow: over HTTP for those that pictures or texts can be sent
    /// to, else over the worker's socket.
    private func firstCalls(_ models: String) async throws {
        var ratios: [String: [Double]] = [:]
        let picture = try BenchPictures(path: BenchWorker.largestSample())
        for _ in 0..<Self.rounds {
            try await with(BenchServer(hasWorker: true, models: models)) { server in
                let status = try await server.waitUntilReady()
                let door = try BenchConnection(.port(server.port))
                let worker = try BenchConnection(.socket(server.workerSocket ?? ""))
                for model in status.models where model.state == .ready {
                    let modalities = model.kind.modalities
                    let times: [Double]
                    if modalities.isEmpty {
                        let request = try Self.inference(by: model)
                        times = try Self.calls(over: worker) { request }
                    } else {
                        let source: BenchEmbedCalls.Source =
                            modalities.contains(.text) ? .texts(BenchTexts(words: 12...12)) : .pictures(picture)
                        var calls = try BenchEmbedCalls(.native, model: model.id, source: source, isUnique: true)
                        times = try Self.calls(over: door) { calls.request(BenchLoad.nextNumber()) }
                    }
                    ratios[model.id, default: []].append(times[0] / BenchSamples(Array(times.dropFirst(10))).p50)
                }
            }
        }
        for (id, ratios) in ratios.sorted(by: { $0.key < $1.key }) {
            show(.atMost(1.5, BenchSamples(ratios).p50, "×", "first call after ready ÷ steady median: \(id)"))
        }
    }

    /// Milliseconds of forty calls, one after the other.
    private static func calls(over connection: BenchConnection, _ next: () -> [UInt8]) throws -> [Double] {
        try (0..<40).map { _ in
            let request = next()
            let start = ContinuousClock.now
            guard try connection.send(request).status == 200 else {
                throw HearthError(.internalError, "A model refused an input.")
            }
            return (ContinuousClock.now - start).fractionalMilliseconds
        }
    }

    /// A call for the tensors of a model, with grey pictures of its own size.
    private static func inference(by model: ModelStatus) throws -> [UInt8] {
        let sides = model.imageSize ?? []
        let inputs = (model.signature?.inputs ?? []).map { port in
            let shape = port.shape.enumerated().map { place, length in
                length != -1 ? length : place < 2 ? 1 : sides.dropFirst(3 - place).first ?? 1
            }
            return NamedTensor(
                name: port.name,
                tensor: Tensor(shape: shape, values: [Float](repeating: 0.5, count: shape.reduce(1, *))))
        }
        return BenchWorker.request(
            InferenceRequest(.run(inputs), of: model.id, deadline: .now + Limits.inferenceDeadline))
    }

    // MARK: Many callers

    private func manyTexts(_ target: BenchEmbedTarget, _ worker: BenchWorker, _ texts: BenchTexts) async throws {
        let calls = try BenchEmbedCalls(.native, model: Self.textModel, source: .texts(texts), isUnique: true)
        // The loop gets what the callers send.
        let file = "\(BenchServer.freshFolder()).txt"
        let lines = (0..<texts.texts.count).map { texts.text($0, isUnique: true) }
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let peer = peerOfTexts()
        defer { peer?.stop() }
        var best: BenchEmbedReport?
        var (loop, passes, other) = (0.0, 0.0, BenchSamples([]))
        let identity = try target.model(named: Self.textModel, .texts(texts))
        for _ in 0..<Self.rounds {
            let limit = try worker.loop(
                of: Self.textModel, input: file, callers: Self.callers, seconds: seconds / 2)
            if limit.rate > loop { (loop, passes) = (limit.rate, limit.batch) }
            let report = await report(target, calls, identity, connections: Self.callers)
            if report.samples.rate > best?.samples.rate ?? 0 { best = report }
            if let peer {
                let load = BenchEmbedLoad(
                    address: .port(peer.port), calls: calls, connections: Self.callers, seconds: seconds / 2)
                let samples = await load.run().samples
                if samples.rate > other.rate { other = samples }
            }
        }
        guard let best else { return }
        let name = "\(Self.textModel), \(Self.callers) callers, 4–64 words: rate ÷ the library's own loop"
        show(.atLeast(0.9, best.samples.rate / loop, "×", name))
        explain(best)
        show(
            BenchFigure(
                name: "  loop: 2 streams, batches ready",
                value: "\(BenchFigure.number(loop))/s, mean batch \(BenchFigure.number(passes))"))
        guard peer != nil else { return }
        show(.atLeast(3, best.samples.rate / other.rate, "×", "  rate ÷ FastAPI + onnxruntime f32 one by one"))
        show(BenchFigure(name: "  FastAPI + onnxruntime f32", value: other.text))
    }

    private func manyPictures(_ target: BenchEmbedTarget, _ worker: BenchWorker, _ picture: String) async throws {
        let source = BenchEmbedCalls.Source.pictures(try BenchPictures(path: picture))
        let calls = try BenchEmbedCalls(.native, model: BenchWorker.mobilenet, source: source, isUnique: true)
        let identity = try target.model(named: BenchWorker.mobilenet, source)
        var best: BenchEmbedReport?
        var loop = 0.0
        for _ in 0..<Self.rounds {
            loop = max(
                loop,
                try worker.loop(of: BenchWorker.mobilenet, input: picture, callers: Self.watchers, seconds: seconds / 2)
                    .rate)
            let report = await report(target, calls, identity, connections: Self.watchers)
            if report.samples.rate > best?.samples.rate ?? 0 { best = report }
        }
        guard let best else { return }
        let name = "\(BenchWorker.mobilenet), JPEG, \(Self.watchers) callers: rate ÷ decoding + bare calls"
        show(.atLeast(0.85, best.samples.rate / loop, "×", name))
        explain(best)
        show(BenchFigure(name: "  decoding + bare calls, 2 threads", value: "\(BenchFigure.number(loop))/s"))
    }

    private func report(
        _ target: BenchEmbedTarget, _ calls: BenchEmbedCalls, _ identity: ModelIdentity, connections: Int
    ) async -> BenchEmbedReport {
        _ = await target.measure(calls, connections: connections, seconds: 0.5)
        let (samples, outcome, uses) = await target.measure(calls, connections: connections, seconds: seconds / 2)
        return BenchEmbedReport(model: identity, load: "", samples: samples, outcome: outcome, uses: uses)
    }

    private func explain(_ report: BenchEmbedReport) {
        let cores = report.uses.map { "\($0.name) \(BenchFigure.number($0.cores))" }.joined(separator: ", ")
        show(
            BenchFigure(
                name: "  over HTTP, \(report.model.precision), digest \(report.model.digest.prefix(16))",
                value: report.samples.text))
        show(
            BenchFigure(
                name: "  mean batch; cores", value: "\(BenchFigure.number(report.meanBatch)); \(cores)"))
    }

    private func peerOfTexts() -> BenchPeer? {
        do {
            // What it needs is fetched only by who wants to be compared.
            return try BenchPeer(
                script: "embedding_peer.sh", arguments: peers == nil ? [] : ["--install"],
                hint: "Benchmarks/embedding_peer.sh --install")
        } catch {
            let reason = (error as? HearthError)?.message ?? "\(error)"
            show(BenchFigure(name: "FastAPI + onnxruntime", value: "not compared: \(reason)"))
            return nil
        }
    }

    // MARK: One caller

    private func loneText(_ target: BenchEmbedTarget, _ worker: BenchWorker) async throws {
        let texts = BenchTexts(words: 12...12, count: 1)
        try await lone(
            target, worker, of: Self.textModel, .texts(texts), input: texts.text(0, isUnique: true), "text of 16 words")
    }

    private func lonePicture(_ target: BenchEmbedTarget, _ worker: BenchWorker, _ picture: String) async throws {
        try await lone(
            target, worker, of: BenchWorker.mobilenet, .pictures(try BenchPictures(path: picture)), input: picture,
            "JPEG")
    }

    private func lone(
        _ target: BenchEmbedTarget, _ worker: BenchWorker, of model: String, _ source: BenchEmbedCalls.Source,
        input: String, _ what: String
    ) async throws {
        let calls = try BenchEmbedCalls(.native, model: model, source: source, isUnique: true)
        var pairs: [(lone: BenchSamples, bare: BenchWorker.BareFigures)] = []
        for _ in 0..<Self.rounds {
            let bare = try worker.bareCall(of: model, input: input, seconds: seconds / 4)
            let (lone, _, _) = await target.measure(calls, connections: 1, seconds: seconds / 4)
            pairs.append((lone, bare))
        }
        guard let lone = pairs.map(\.lone).min(by: { $0.p50 < $1.p50 }),
            let bare = pairs.map(\.bare).min(by: { $0.both < $1.both })
        else { return }
        show(.atMost(1.10, lone.p50 / bare.both, "×", "lone \(what) over HTTP ÷ (preparing + bare call): \(model)"))
        show(BenchFigure(name: "  ÷ bare call alone", value: "\(BenchFigure.number(lone.p50 / bare.call)) ×"))
        let parts = "prepare \(BenchFigure.number(bare.decode)) ms, call \(BenchFigure.number(bare.call)) ms"
        show(BenchFigure(name: "  over HTTP; bare", value: "\(lone.text); \(parts)"))
    }

    /// A picture that is known: the cache answers, and no worker is asked.
    private func samePicture(_ server: BenchServer, _ picture: String) async throws {
        let source = BenchEmbedCalls.Source.pictures(try BenchPictures(path: picture))
        var calls = try BenchEmbedCalls(.native, model: BenchWorker.mobilenet, source: source, isUnique: false)
        let request = calls.request(0)
        let connection = try BenchConnection(.port(server.port))
        for _ in 0..<20 { _ = try connection.send(request) }
        let inferences = server.worker()?.models.map(\.inferences)
        let hits = try Self.times(seconds: seconds / 4) { _ = try connection.send(request) }
        let isUntouched = inferences != nil && server.worker()?.models.map(\.inferences) == inferences
        let answer = try connection.send(request)
        let transfer = try await BenchLimit.transfer(
            request: request.count, answer: answer.head.utf8.count + answer.body.count, seconds: seconds / 8)
        let bar = 0.5 + transfer.p50
        show(
            BenchFigure(
                name: "the same JPEG again (\(request.count / 1_000) kB) over HTTP, p50",
                value: "\(BenchFigure.number(hits.p50)) ms", bar: "≤ \(BenchFigure.number(bar)) ms",
                isMet: hits.p50 <= bar))
        show(BenchFigure(name: "  of which bare transfer over a socket", value: transfer.text))
        show(
            BenchFigure(
                name: "  inferences meanwhile", value: isUntouched ? "0" : "some", bar: "0", isMet: isUntouched))
    }

    private static func times(seconds: Double, _ body: () throws -> Void) rethrows -> BenchSamples {
        var times: [Double] = []
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let start = ContinuousClock.now
            try body()
            times.append((ContinuousClock.now - start).fractionalMilliseconds)
        }
        return BenchSamples(times)
    }
}

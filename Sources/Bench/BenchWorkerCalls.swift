import Foundation
import HearthCore
import HearthHTTP
import HearthInference
import HearthWorkerLink
import Logging
import NIOPosix
import ServiceLifecycle

/// Calls to a worker over its unix socket: by ``WorkerClient``, and by a client that is written as NIO suggests.
///
/// Both keep their connection and send the same bytes to the same server, which answers at once. Each is called from a
/// thread of the pool, and from the thread of an event loop, where doors answer their requests.
struct BenchWorkerCalls {
    let calls: Int
    let rounds: Int
    private let vector = (0..<384).map { Float($0) / 384 }

    init(calls: Int, rounds: Int) {
        self.calls = calls
        self.rounds = rounds
    }

    func measure(_ show: (BenchFigure) -> Void) async throws {
        let folder = BenchServer.freshFolder()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let socket = "\(folder)/worker.sock"
        let server = WorkerServer(engine: ReadyEngine(vector: vector)) {
            EngineStatus(worker: "bench", pid: 1, models: [], defaultEmbedder: nil, memoryBytes: 0, endedJobs: 0)
        }
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let group = ServiceGroup(
            configuration: .init(services: [server.service(socket: socket, logger: logger)], logger: logger))
        let client = WorkerClient()
        let figures = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            client.use(socket: socket)
            while (try? await client.status(of: socket)) == nil { try await Task.sleep(for: .milliseconds(2)) }
            let figures = try await compare(client, socket)
            await group.triggerGracefulShutdown()
            try await client.shutDown()
            try await tasks.waitForAll()
            return figures
        }
        figures.forEach(show)
    }

    private func compare(_ client: WorkerClient, _ socket: String) async throws -> [BenchFigure] {
        let plain = try await BenchPlainClient(socket: socket)
        return try await plain.connected { connection in
            var connection = connection
            guard try await client.answer(Self.request).vectors[0].values == vector,
                try await connection.answer(Self.request).vectors[0].values == vector
            else { throw HearthError(.internalError, "The answers differ, so nothing was measured.") }
            let loop = EventLoopExecutor(MultiThreadedEventLoopGroup.singleton.any())
            var (own, ownOnLoop, plain): ([Double], [Double], [Double]) = ([], [], [])
            for _ in 0..<rounds {
                for _ in 0..<calls { own.append(try await Self.time { try await client.answer(Self.request) }) }
                for _ in 0..<calls { plain.append(try await Self.time { try await connection.answer(Self.request) }) }
                ownOnLoop += try await withTaskExecutorPreference(loop) {
                    var times: [Double] = []
                    for _ in 0..<calls { times.append(try await Self.time { try await client.answer(Self.request) }) }
                    return times
                }
            }
            return Self.figures(own: BenchSamples(own), ownOnLoop: BenchSamples(ownOnLoop), plain: BenchSamples(plain))
        }
    }

    private static func figures(
        own: BenchSamples, ownOnLoop: BenchSamples, plain: BenchSamples
    ) -> [BenchFigure] {
        let name = "worker connections, a text's vector: NIO's async channel ÷ ours"
        return [
            BenchFigure(name: "\(name), from a loop", value: "\(BenchFigure.number(plain.p50 / ownOnLoop.p50)) ×"),
            BenchFigure(name: "  ÷ ours from the pool", value: "\(BenchFigure.number(plain.p50 / own.p50)) ×"),
            BenchFigure(name: "  ours from an event loop", value: ownOnLoop.text),
            BenchFigure(name: "  ours from the pool", value: own.text),
            BenchFigure(name: "  NIO's async channel from the pool", value: plain.text),
        ]
    }

    private static var request: InferenceRequest {
        InferenceRequest(.embed(.text("a small lantern", role: nil)), of: "texts", deadline: .now + .seconds(60))
    }

    /// Milliseconds of one call.
    private static func time(_ call: () async throws -> InferenceAnswer) async rethrows -> Double {
        let start = ContinuousClock.now
        _ = try await call()
        return (ContinuousClock.now - start).fractionalMilliseconds
    }
}

/// Answers every request with the same vector, at once.
private struct ReadyEngine: InferenceEngine {
    let vector: [Float]

    func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
        let model = ModelIdentity(id: "texts", digest: "d", dims: vector.count, precision: "f32")
        return requests.map { _ in .success(InferenceAnswer(model: model, vectors: [Embedding(vector)], tokens: 3)) }
    }

    func models() async throws -> [ModelStatus] { [] }
    func defaultEmbedder() async throws -> ModelStatus? { nil }
    func productEmbedder() async throws -> ModelStatus? { nil }
    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {}
    func unload(_ model: String) async throws {}
}

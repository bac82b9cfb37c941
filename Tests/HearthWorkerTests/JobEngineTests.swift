import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthModelRuntime
import HearthTesting
import HearthWorkerLink
import Logging
import ServiceLifecycle
import Testing

@testable import HearthWorker

/// How jobs reach models that do not live in their own process.
@Suite(.timeLimit(.minutes(1))) struct JobEngineTests {
    /// A runtime that loads nothing: models of this process stay cold, and calls to them wait.
    private struct ColdRuntime: ModelRuntime {
        let preferredPrecision = "f32"

        func load(_ request: ModelLoadRequest) throws -> any ModelSession {
            throw HearthError(.invalidConfiguration, "Nothing is loaded here.")
        }
    }

    private struct NoCodec: ImageCodec {
        func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor {
            throw HearthError(.invalidImage, "No picture.")
        }

        func pixels(of bytes: Data, keeping side: Int, limit: Int, while isWanted: () -> Bool) throws -> PixelPicture {
            throw HearthError(.invalidImage, "No picture.")
        }
    }

    private let folder: DataFolder
    private let temporary: TemporaryFolder
    private let frontSocket: String
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        temporary = try TemporaryFolder()
        folder = DataFolder(temporary.path)
        try folder.make()
        frontSocket = folder.socket(of: DataFolder.frontName)
    }

    /// Knows `scatter`, which lives here, and `guest`, which lives in a model group.
    private func host() -> ModelHost {
        var configuration = ModelHostConfiguration(defaultEmbedder: "scatter")
        configuration.policy = ResidencyPolicy(keepAlive: ["guest": .idle(.seconds(300))])
        return ModelHost(
            library: ModelLibrary(entries: [.usable(.fake("scatter")), .usable(.fake("guest"))]),
            runtime: ColdRuntime(), codec: NoCodec(), configuration: configuration, logger: logger)
    }

    /// Runs the body beside a front that answers for every model; `asked` are the models of the calls that reached it.
    private func withFront(
        _ engine: JobEngine, _ body: (_ asked: Locked<[String?]>) async throws -> Void
    ) async throws {
        let asked = Locked<[String?]>([])
        let status = ModelStatus.ready("guest", .imageEmbedding, dims: 2)
        let scripted = ScriptedEngine { request in
            asked.withLock { $0.append(request.model) }
            return .of([1, 2], by: status)
        }
        let door = WorkerServer(engine: scripted) {
            EngineStatus(
                worker: DataFolder.frontName, pid: 1, models: [status], defaultEmbedder: "guest", memoryBytes: 0,
                endedJobs: 0)
        }.service(socket: frontSocket, logger: logger)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try? await door.run() }
                try await eventually("the front answers") { (try? await engine.status()) != nil }
                try await body(asked)
                group.cancelAll()
            }
        } catch {
            try? await engine.shutDown()
            throw error
        }
        try await engine.shutDown()
    }

    private func vector(_ engine: JobEngine, _ request: InferenceRequest) async throws -> [Float] {
        try EmbeddingResult(try await engine.answer(request)).vector
    }

    private func request(_ model: String?, within time: Duration = .seconds(20)) -> InferenceRequest {
        InferenceRequest(.embed(.image(Picture(Data([1])))), of: model, deadline: .now + time)
    }

    @Test func aModelOfAModelGroupIsReachedThroughTheFrontWhichStartsItsProcess() async throws {
        let engine = JobEngine(host: host(), frontSocket: frontSocket)
        try await withFront(engine) { asked in
            let vector = try await vector(engine, request("guest"))
            #expect(vector == [1, 2])
            #expect(asked.withLock { $0 } == ["guest"])
        }
    }

    @Test func aModelOfThisProcessIsNotAskedForElsewhere() async throws {
        let engine = JobEngine(host: host(), frontSocket: frontSocket)
        try await withFront(engine) { asked in
            for model in ["scatter", nil] {
                await #expect(throws: HearthError.self) {
                    try await vector(engine, request(model, within: .milliseconds(50)))
                }
            }
            #expect(asked.withLock { $0 }.isEmpty)
        }
    }

    @Test func aProcessWithoutModelsAsksTheFrontForAll() async throws {
        let engine = JobEngine(host: nil, frontSocket: frontSocket)
        try await withFront(engine) { asked in
            let vectors = [
                try await vector(engine, request(nil)), try await vector(engine, request("guest")),
            ]
            #expect(vectors == [[1, 2], [1, 2]])
            #expect(asked.withLock { $0 } == [nil, "guest"])
            let (models, embedder) = (try await engine.models(), try await engine.defaultEmbedder())
            #expect(models.map(\.id) == ["guest"])
            #expect(embedder?.id == "guest")
        }
    }

    @Test func theNeedForAModelOfAModelGroupIsMetWhileItIsNotInMemory() async throws {
        let engine = JobEngine(host: host(), frontSocket: frontSocket)
        let plan = JobPlan(
            lane: .embed, needs: [.model("guest"), .model("unknown"), .program("sh"), .program("no-such")])
        let needs = NeedWatch(handlers: ["k": JobHandler(plan: plan) { _, _ in JobOutcome() }], engine: engine)
        #expect(needs.isMet(.model("guest")), "the first call starts it")
        #expect(!needs.isMet(.defaultEmbedder), "it is not loaded yet, and nobody needs to do anything for that")
        #expect(!needs.isMet(.model("unknown")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await needs.run() }
            try await eventually("programs have been looked for") { needs.isMet(.program("sh")) }
            group.cancelAll()
        }
        let unmet = needs.unmet
        #expect(unmet.map(\.need) == [.model("unknown"), .program("no-such")])
        #expect(unmet.allSatisfy { $0.operations == ["k"] && $0.lanes == ["embed"] })
        try await engine.shutDown()
    }

    @Test func aServiceIsThereWhenItAcceptsConnections() async throws {
        #expect(await !ServiceProbe.answers("http://127.0.0.1:1"), "nobody listens there")
        #expect(await !ServiceProbe.answers("not a url"))
        let listener = try Listener()
        #expect(await ServiceProbe.answers("http://127.0.0.1:\(listener.port)/path"))
    }

    /// A socket that listens and never accepts.
    private final class Listener {
        let port: Int
        private let descriptor: Int32

        init() throws {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                        && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard isBound else { throw HearthError(.internalError, "No socket.") }
            self.descriptor = descriptor
            port = Int(UInt16(bigEndian: address.sin_port))
        }

        deinit { close(descriptor) }
    }
}

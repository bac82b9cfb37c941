import HearthCore
import HearthInference
import HearthTesting
import Logging
import ServiceLifecycle
import Testing

@testable import HearthWorkerLink

/// The front's calls to a worker's door, over a real unix socket.
@Suite(.timeLimit(.minutes(3)))
struct WorkerClientTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func request(_ text: String = "a", within time: Duration = .seconds(30)) -> InferenceRequest {
        InferenceRequest(model: "m", input: .text(text, role: nil), deadline: .now + time)
    }

    /// Runs a worker's door beside the body, with a client that knows of it.
    private func withWorker(
        _ embedding: @escaping @Sendable (InferenceRequest) async throws -> EmbeddingResult,
        _ body: @Sendable (WorkerClient) async throws -> Void
    ) async throws {
        let socket = folder.file("w.sock")
        let door = WorkerServer(engine: ScriptedEngine(embedding: embedding)) {
            EngineStatus(worker: "w", pid: 1, models: [], defaultEmbedder: nil, memoryBytes: 0, endedJobs: 0)
        }
        let client = WorkerClient()
        client.use(socket: socket)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let services = ServiceGroup(
                    configuration: .init(
                        services: [door.service(socket: socket, logger: Self.quiet)], logger: Self.quiet))
                group.addTask { try await services.run() }
                while (try? await client.status(of: socket)) == nil { await Task.yield() }
                try await body(client)
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        } catch {
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
    }

    private static func vector(of request: InferenceRequest) -> EmbeddingResult {
        .of([Float(request.input.byteCount), 0], by: .ready("m", .textEmbedding))
    }

    @Test func callsOfManyCallersAreAnsweredEachWithItsOwn() async throws {
        try await withWorker {
            Self.vector(of: $0)
        } _: { client in
            let lengths = try await concurrentMap(1...50) { length in
                try await client.embed(Self.request(String(repeating: "a", count: length))).vector[0]
            }
            #expect(lengths == (1...50).map(Float.init))
        }
    }

    @Test func largeCallsAndAnswersArriveWhole() async throws {
        let dims = 300_000
        try await withWorker { request in
            .of([Float](repeating: Float(request.input.byteCount), count: dims), by: .ready("m", .textEmbedding))
        } _: { client in
            let vector = try await client.embed(Self.request(String(repeating: "a", count: 1 << 20))).vector
            #expect(vector == [Float](repeating: Float(1 << 20), count: dims))
        }
    }

    @Test func aCallerWhoLeavesWaitsNoLonger() async throws {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        try await withWorker { request in
            guard request.input.byteCount == 1 else { return Self.vector(of: request) }
            arrival.yield()
            for await _ in ends {}
            return Self.vector(of: request)
        } _: { client in
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        _ = try await client.embed(Self.request())
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
                for await _ in arrivals { break }
                group.cancelAll()
                let isCancelled = await group.next()
                #expect(isCancelled == true)
            }
            // The next call does not get what belonged to the last one.
            let next = try await client.embed(Self.request("ab"))
            #expect(next.vector == [2, 0])
            end.finish()
        }
    }

    @Test func aCallThatIsNotAnsweredInTimeSaysSo() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        try await withWorker { request in
            if request.input.byteCount == 1 { for await _ in ends {} }
            return Self.vector(of: request)
        } _: { client in
            let error = await #expect(throws: HearthError.self) {
                try await client.embed(Self.request(within: .milliseconds(50)))
            }
            #expect(error?.code == .deadlineExceeded)
            let next = try await client.embed(Self.request("ab"))
            #expect(next.vector == [2, 0])
            end.finish()
        }
    }

    @Test func whoCallsNobodyWaitsUntilTheDeadline() async throws {
        let client = WorkerClient()
        client.use(socket: folder.file("nobody.sock"))
        let error = await #expect(throws: HearthError.self) {
            try await client.embed(Self.request(within: .milliseconds(60)))
        }
        // Which of the two depends on what the call does when its time is over.
        #expect(error?.code == .modelNotReady || error?.code == .deadlineExceeded)
        try await client.shutDown()
    }
}

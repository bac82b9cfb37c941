import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthTesting
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import HearthWorkerLink

/// The worker's server, without a socket.
@Suite struct WorkerServerTests {
    /// Answers every picture by the vector of its length, and notes what the budget holds meanwhile.
    private func engine(failing failure: HearthError?) -> ScriptedEngine {
        ScriptedEngine { [budget, held] request in
            await Task.yield()
            held.withLock { $0.append(budget.bytesInFlight) }
            if let failure { throw failure }
            return .of([Float(request.input.byteCount), 0], by: .ready(request.model ?? "m", .imageEmbedding))
        }
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private let budget = BodyBudget(limit: 1 << 20)
    private let held = Locked<[Int]>([])

    private func embed(
        _ pictures: [Int], failing failure: HearthError? = nil
    ) async throws -> [Result<InferenceAnswer, HearthError>] {
        let messages = pictures.map { bytes in
            InferenceWire.message(
                InferenceRequest(
                    .embed(.image(Data(repeating: 1, count: bytes))), of: "m", deadline: .now + .seconds(600)),
                now: .now)
        }
        let response = try await post(InferenceWire.encode(messages), failing: failure)
        #expect(response.status == .ok)
        let bytes = Locked(ByteBuffer())
        try await response.body.write(Collector(bytes: bytes))
        return try InferenceWire.decode(bytes.withLock { $0 }).map { try InferenceWire.answer($0) }
    }

    private struct Collector: ResponseBodyWriter {
        let bytes: Locked<ByteBuffer>

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    private func post(_ pieces: [ByteBuffer], failing failure: HearthError? = nil) async throws -> Response {
        let server = WorkerServer(engine: engine(failing: failure), budget: budget) {
            EngineStatus(worker: "w", pid: 1, models: [], defaultEmbedder: nil, memoryBytes: 0, endedJobs: 0)
        }
        var body = ByteBuffer()
        for piece in pieces { body.writeImmutableBuffer(piece) }
        let head = HTTPRequest(method: .post, scheme: "http", authority: "worker", path: InferenceWire.answerPath)
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: Self.quiet))
        return try await server.router().buildResponder().respond(
            to: Request(head: head, body: RequestBody(buffer: body)), context: context)
    }

    @Test func picturesCountAgainstTheBudgetUntilTheyAreAnswered() async throws {
        let results = try await embed([9_000])
        #expect(try results.map { try $0.get().vectors.map(\.values) } == [[[9_000, 0]]])
        let held = held.withLock { $0 }
        #expect(held.count == 1 && held.allSatisfy { $0 > 9_000 })
        #expect(budget.bytesInFlight == 0)
    }

    @Test func resultsComeInTheOrderOfTheInputs() async throws {
        let results = try await embed([3, 1, 2])
        #expect(try results.map { try $0.get().vectors[0].values[0] } == [3, 1, 2])
    }

    @Test func aFailureSaysWhyAndGivesTheBudgetBack() async throws {
        let results = try await embed([9_000, 1], failing: HearthError(.overloaded, "Full.", retryAfter: 3))
        for result in results {
            guard case .failure(let error) = result else {
                Issue.record("a vector where none was made")
                continue
            }
            #expect(error.code == .overloaded && error.message == "Full." && error.retryAfter == 3)
        }
        #expect(results.count == 2)
        #expect(budget.bytesInFlight == 0)
    }

    @Test(arguments: [[1], [255, 255, 255, 255, 0], [2, 0, 0, 0, 0x7B, 0x7D, 9, 0, 0, 0, 1]] as [[UInt8]])
    func bytesThatAreNoMessagesAreRefused(bytes: [UInt8]) async throws {
        #expect(try await post([ByteBuffer(bytes: bytes)]).status == .badRequest)
        #expect(budget.bytesInFlight == 0)
    }
}

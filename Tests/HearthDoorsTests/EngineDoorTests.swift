import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthTesting
import HearthWorkerLink
import Hummingbird
import NIOCore
import NIOEmbedded
import Testing

@testable import HearthDoors

/// The worker's door, without a socket.
@Suite struct EngineDoorTests {
    /// Answers every picture by the vector of its length, and notes what the budget holds meanwhile.
    private func engine(failing failure: HearthError?) -> ScriptedEngine {
        ScriptedEngine { [budget, held] request in
            await Task.yield()
            held.withLock { $0.append(budget.bytesInFlight) }
            if let failure { throw failure }
            return .of([Float(request.input.byteCount), 0], by: .ready(request.model ?? "m", .imageEmbedding))
        }
    }

    private let budget = BodyBudget(limit: 1 << 20)
    private let held = Locked<[Int]>([])

    private func embed(
        _ pictures: [Int], failing failure: HearthError? = nil
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        let frames = try pictures.map { bytes in
            try EngineWire.frame(
                EmbeddingRequest(
                    model: "m", input: .image(Data(repeating: 1, count: bytes)), deadline: .now + .seconds(600)),
                now: .now)
        }
        let response = try await post(EngineWire.embedPath, EngineWire.encode(frames), failing: failure)
        #expect(response.status == .ok)
        let bytes = Locked(Data())
        try await response.body.write(Collector(bytes: bytes))
        return try EngineWire.decode(bytes.withLock { $0 }).map { try EngineWire.result($0) }
    }

    private struct Collector: ResponseBodyWriter {
        let bytes: Locked<Data>

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { $0.append(contentsOf: buffer.readableBytesView) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    private func post(_ path: String, _ bytes: Data, failing failure: HearthError? = nil) async throws -> Response {
        let door = EngineDoor(engine: engine(failing: failure), budget: budget) {
            EngineStatus(worker: "w", pid: 1, models: [], defaultEmbedder: nil, memoryBytes: 0, endedJobs: 0)
        }
        let head = HTTPRequest(method: .post, scheme: "http", authority: "worker", path: path)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: DoorServer.quiet))
        return try await door.router().buildResponder().respond(to: request, context: context)
    }

    @Test func picturesCountAgainstTheBudgetUntilTheyAreAnswered() async throws {
        let results = try await embed([9_000])
        #expect(try results.map { try $0.get().vector } == [[9_000, 0]])
        #expect(held.withLock { $0 }.allSatisfy { $0 > 9_000 })
        #expect(budget.bytesInFlight == 0)
    }

    @Test func resultsComeInTheOrderOfTheInputs() async throws {
        let results = try await embed([3, 1, 2])
        #expect(try results.map { try $0.get().vector[0] } == [3, 1, 2])
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
        #expect(budget.bytesInFlight == 0)
    }

    @Test(arguments: [[1], [255, 255, 255, 255, 0], [2, 0, 0, 0, 0x7B, 0x7D, 9, 0, 0, 0, 1]] as [[UInt8]])
    func bytesThatAreNoFramesAreRefused(bytes: [UInt8]) async throws {
        #expect(try await post(EngineWire.embedPath, Data(bytes)).status == .badRequest)
        #expect(budget.bytesInFlight == 0)
    }
}

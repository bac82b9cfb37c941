import Foundation
import HTTPTypes
import HearthCore
import HearthTesting
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

    private func embed(_ bytes: Int, failing failure: HearthError? = nil) async throws -> Response {
        let door = EngineDoor(engine: engine(failing: failure), budget: budget) {
            EngineStatus(worker: "w", pid: 1, models: [], defaultEmbedder: nil, memoryBytes: 0, endedJobs: 0)
        }
        let head = HTTPRequest(method: .post, scheme: "http", authority: "worker", path: EngineWire.embedPath)
        let request = Request(
            head: head, body: RequestBody(buffer: ByteBuffer(repeating: 1, count: bytes)))
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: DoorServer.quiet))
        return try await door.router().buildResponder().respond(to: request, context: context)
    }

    @Test func aPictureCountsAgainstTheBudgetUntilItIsAnswered() async throws {
        let response = try await embed(9_000)
        #expect(response.status == .ok)
        #expect(held.withLock { $0 } == [9_000])
        #expect(budget.bytesInFlight == 0)
    }

    @Test func aPictureThatFailsGivesTheBudgetBack() async throws {
        let response = try await embed(9_000, failing: HearthError(.overloaded, "Full."))
        #expect(response.status == .tooManyRequests)
        #expect(held.withLock { $0 } == [9_000])
        #expect(budget.bytesInFlight == 0)
    }
}

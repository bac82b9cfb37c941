import Foundation
import HTTPTypes
import HearthCore
import HearthDoors
import HearthHTTP
import HearthJSON
import Testing

/// A caller who waits for work that goes on after the answer: 202 when it was not done in time, and no body is held.
@Suite struct AwaitedAnswerTests {
    private struct Input: Sendable, Codable {
        var wait: Bool?
    }

    private struct Output: Sendable, Codable {
        var isDone: Bool
        /// Bytes of bodies that are held while the caller waits.
        var held: Int
    }

    private let budget = BodyBudget(limit: 1 << 20)

    private func client(endsInTime: Bool) throws -> DoorClient {
        let budget = budget
        let operation = HearthCore.Operation(
            .init(
                "notes.make", "Make a note.", description: "Makes it.", permission: .write, hints: .adds,
                routes: [Route(.post, "/notes")], attachment: .file(isRequired: true, mediaTypes: []),
                successStatus: 201),
            input: Input.self, output: Output.self,
            waiting: { input, _ in
                guard input.wait == true else { return nil }
                return { _ in (Output(isDone: endsInTime, held: budget.bytesInFlight), isUnfinished: !endsInTime) }
            }
        ) { _, _ in Output(isDone: false, held: budget.bytesInFlight) }
        return try DoorClient(
            [RESTDoor(registry: OperationRegistry([operation]), metrics: MetricsRegistry())], budget: budget)
    }

    private func post(_ query: String, endsInTime: Bool) async throws -> DoorClient.Answer {
        try await client(endsInTime: endsInTime).send(
            .post, "/notes\(query)", body: Data(repeating: 1, count: 5_000), type: "application/octet-stream")
    }

    @Test func whoDoesNotWaitIsAnsweredAtOnce() async throws {
        let answer = try await post("", endsInTime: false)
        #expect(answer.status == 201 && answer.json["is_done"] == false)
        #expect(answer.json["held"] == 5_000, "the body is there while the operation runs")
    }

    @Test func whoWaitsIsAnsweredWhenItIsDoneAndHoldsNoBody() async throws {
        let answer = try await post("?wait=true", endsInTime: true)
        #expect(answer.status == 201 && answer.json["is_done"] == true)
        #expect(answer.json["held"] == 0)
    }

    @Test func whatIsNotDoneInTimeIsAccepted() async throws {
        let answer = try await post("?wait=true", endsInTime: false)
        #expect(answer.status == 202 && answer.json["is_done"] == false)
    }

    @Test func theDescriptionNamesBothAnswers() async throws {
        let document = try await client(endsInTime: true).send(.get, "/openapi.json")
        let answers = document.json["paths"]?["/notes"]?["post"]?["responses"]
        #expect(answers?.objectValue?.keys.map { $0 } == ["201", "202", "default"])
        #expect(answers?["202"]?["content"] == answers?["201"]?["content"])
    }
}

import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// What happens when a call names a character that there is not: the user is asked where that can be done.
@Suite(.timeLimit(.minutes(3))) struct MCPQuestionTests {
    private let world: MCPWorld

    init() async throws { world = try await MCPWorld() }

    private static let capable: JSONObject = [
        "io.modelcontextprotocol/clientCapabilities": ["elicitation": ["form": [:]]]
    ]
    private static let wish: JSONObject = ["prompt": "a lantern", "character": "Mria"]

    private func ask() async throws -> JSONValue {
        try await world.call("generate_image", Self.wish, meta: Self.capable)
    }

    /// The call again, with an answer.
    private func answer(
        _ response: JSONValue, state: JSONValue?, arguments: JSONObject = wish, as principal: Principal = .local
    ) async throws -> DoorClient.Answer {
        var params: JSONObject = [
            "name": "generate_image", "arguments": .object(arguments), "inputResponses": ["character": response],
        ]
        params["requestState"] = state
        return try await world.send("tools/call", params, id: 2, meta: Self.capable, as: principal)
    }

    private func choosing(_ name: String) -> JSONValue {
        ["action": "accept", "content": ["character": .string(name)]]
    }

    @Test(.enabled(if: SharedData.has(MCPSchema.folder), SharedData.comment(MCPSchema.folder)))
    func theQuestionIsAFormWithTheCharactersThatThereAre() async throws {
        let asked = try await ask()
        #expect(try MCPSchema(.july2026).problems(asked, as: "InputRequiredResult").isEmpty, "\(asked.encodedText())")
        #expect(asked["resultType"] == "input_required")
        let form = asked["inputRequests"]?["character"]?["params"]?["requestedSchema"]
        #expect(form?["properties"]?["character"]?["enum"] == ["Mira", "Bolt", .string(MCPQuestions.create)])
    }

    @Test func theChosenCharacterIsTakenOrMade() async throws {
        let state = try await ask()["requestState"]
        let chosen = try await answer(choosing("Mira"), state: state)
        #expect(chosen.json["result"]?["structuredContent"]?["character"] == "Mira", "\(chosen.text)")
        let made = try await answer(choosing(MCPQuestions.create), state: state)
        #expect(made.json["result"]?["structuredContent"]?["character"] == "Mria", "\(made.text)")
        #expect(world.characters.withLock { $0 } == ["Mira", "Bolt", "Mria"])
    }

    /// What is not there is something else then.
    @Test func nobodyIsAskedForACharacterThatIsThere() async throws {
        var wish = Self.wish
        (wish["character"], wish["prompt"]) = ("mira", "@otto waves")
        let refused = try await world.call("generate_image", wish, meta: Self.capable)
        #expect(refused["isError"] == true && refused["resultType"] != "input_required")
    }

    @Test func aUserWhoDoesNotWantItIsNotAskedAgain() async throws {
        let state = try await ask()["requestState"]
        for action in ["decline", "cancel"] {
            let refused = try await answer(["action": .string(action)], state: state)
            #expect(refused.json["result"]?["isError"] == true, "\(refused.text)")
        }
    }

    @Test func aStateIsForOneCallOfOneCallerAndForAWhile() async throws {
        let state = try await ask()["requestState"]
        let text = try #require(state?.stringValue)
        var other = Self.wish
        other["prompt"] = "a dragon"
        let writer = Principal(keyID: "w", tenant: .local, permission: .write)
        for refused in [
            try await answer(choosing("Mira"), state: state, arguments: other),
            try await answer(choosing("Mira"), state: state, as: writer),
            try await answer(choosing("Mira"), state: nil),
            try await answer(choosing("Mira"), state: .string("9" + text)),
            try await answer(choosing("Mira"), state: .string(String(text.dropLast(4)) + "AAA=")),
            try await answer(["action": "accept"], state: state),
        ] {
            #expect(refused.status == 400 && refused.json["error"]?["code"] == -32_602, "\(refused.text)")
        }
        world.bench.clock.advance(by: Limits.mcpQuestionLife)
        #expect(try await answer(choosing("Mira"), state: state).status == 400)
    }

    @Test func aClientWithoutFormsGetsTheNames() async throws {
        for result in [
            try await world.call("generate_image", Self.wish),
            try await world.call("generate_image", Self.wish, in: .november2025),
        ] {
            let text = result["content"]?.arrayValue?.compactMap { $0["text"]?.stringValue }.joined() ?? ""
            #expect(result["isError"] == true && text.contains("Mira") && text.contains("Bolt"), "\(text)")
        }
    }
}

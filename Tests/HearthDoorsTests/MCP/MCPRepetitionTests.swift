import HearthCore
import HearthJSON
import Testing

@testable import HearthDoors

/// Who sends a request once more whose answer was lost.
@Suite struct MCPRepetitionTests {
    private func repetition(
        _ tool: String, _ arguments: JSONObject = [:], in world: MCPWorld
    ) throws -> MCPRepetition {
        world.server.declarations.tools.repetition(
            of: try MCPRequest(
                .number(1), method: "tools/call", params: ["name": .string(tool), "arguments": .object(arguments)],
                agreed: .november2025))
    }

    @Test func whatReadsIsRepeatedByItselfAndWhatWritesByItsCaller() async throws {
        let world = try await MCPWorld()
        for tool in ["list_jobs", "get_job", "wait_for_job", "list_characters"] {
            #expect(try repetition(tool, in: world) == .byItself, "\(tool)")
        }
        for tool in ["register_character_anchor", "cancel_job"] {
            #expect(try repetition(tool, in: world) == .byCaller, "\(tool)")
        }
        #expect(try repetition("generate_image", in: world) == .afterLooking, "it would be made twice")
        #expect(try repetition("tool_of_a_newer_server", in: world) == .afterLooking)
        #expect(try repetition("generate_image", ["idempotency_key": "k"], in: world) == .byCaller)
        #expect(try repetition("generate_image", ["idempotency_key": ""], in: world) == .afterLooking)
    }

    @Test(arguments: [
        ("resources/read", MCPRepetition.byItself), ("completion/complete", .byItself), ("tasks/get", .byItself),
        ("tasks/cancel", .byCaller), ("subscriptions/listen", .byCaller),
    ]) func otherRequestsToo(method: String, expected: MCPRepetition) async throws {
        let request = try MCPRequest(.number(1), method: method, params: [:], agreed: .november2025)
        #expect(try await MCPWorld().server.declarations.tools.repetition(of: request) == expected)
    }

    @Test func theCallerIsToldWhatToDo() {
        #expect(MCPRepetition.byCaller.lost.hint?.contains("Call it again") == true)
        #expect(MCPRepetition.afterLooking.lost.hint?.contains("Look first") == true)
        #expect(MCPRepetition.byItself.lost.code == .storageUnavailable)
    }
}

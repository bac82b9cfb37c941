import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthDoors

/// Calls that start jobs as tasks, for clients that declare the extension, and for no others.
@Suite(.timeLimit(.minutes(3))) struct MCPTaskTests {
    private let world: MCPWorld
    private static let capable: JSONObject = [
        "io.modelcontextprotocol/clientCapabilities": ["extensions": ["io.modelcontextprotocol/tasks": [:]]]
    ]

    init() async throws { world = try await MCPWorld() }

    private func task(_ method: String, _ id: JSONValue, meta: JSONObject = capable) async throws -> DoorClient.Answer {
        try await world.send(method, ["taskId": id], meta: meta)
    }

    @Test func aTaskIsTheJob() async throws {
        let made = try await world.call("generate_image", ["prompt": "a"], meta: Self.capable)
        #expect(made["resultType"] == "task" && made["status"] == "working")
        let id = try #require(made["taskId"]?.stringValue)
        #expect(try await world.bench.job(id).status == .pending, "it was stored before the answer")
        #expect(try await task("tasks/get", .string(id)).json["result"]?["status"] == "working")
        _ = try await world.bench.complete(world.bench.lease()[0], result: ["output_id": .string(MCPWorld.small)])
        let ended = try await task("tasks/get", .string(id)).json["result"]
        #expect(ended?["status"] == "completed" && ended?["result"]?["isError"] == false)
    }

    @Test func aJobThatFailsIsATaskThatEndsWithAnError() async throws {
        let made = try await world.call("generate_image", ["prompt": "a"], meta: Self.capable)
        _ = try await world.bench.fail(world.bench.lease()[0], .permanent, message: "no light")
        let ended = try await task("tasks/get", made["taskId"] ?? "").json["result"]
        #expect(ended?["status"] == "completed" && ended?["result"]?["isError"] == true)
        #expect(ended?["statusMessage"] == "no light")
    }

    @Test func aTaskIsCancelledByItsJob() async throws {
        let made = try await world.call("generate_image", ["prompt": "a"], meta: Self.capable)
        #expect(try await task("tasks/cancel", made["taskId"] ?? "").json["result"]?["resultType"] == "complete")
        #expect(try await task("tasks/get", made["taskId"] ?? "").json["result"]?["status"] == "cancelled")
        #expect(try await task("tasks/update", made["taskId"] ?? "").json["error"]?["code"] == -32_602)
    }

    @Test func onlyClientsThatKnowTasksGetThem() async throws {
        let made = try await world.call("generate_image", ["prompt": "a"])
        #expect(made["resultType"] == "complete" && made["structuredContent"]?["job_id"] != nil)
        let registered = try await world.call(
            "register_character_anchor", ["name": "A", "image_base64": .string(ProtocolClient.png)], meta: Self.capable)
        #expect(registered["resultType"] == "complete", "its answer is of use at once")
        let job = made["structuredContent"]?["job_id"] ?? ""
        let refused = try await task("tasks/get", job, meta: [:])
        #expect(refused.status == 400 && refused.json["error"]?["code"] == -32_021)
        #expect(try await task("tasks/get", .string(MCPWorld.absent)).json["error"]?["code"] == -32_602)
    }
}

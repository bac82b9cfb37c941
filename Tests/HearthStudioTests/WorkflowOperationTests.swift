import Foundation
import HearthAssembly
import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import HearthWorkflows
import Logging
import Testing

@testable import HearthStudio

/// Workflows that a tenant adds beside those that come with Hearth.
@Suite(.timeLimit(.minutes(3))) struct WorkflowOperationTests {
    private struct World {
        let folder: TemporaryFolder
        let store: SQLiteStore
        let registry: OperationRegistry

        init() async throws {
            folder = try TemporaryFolder(.memory)
            store = try SQLiteStore(path: folder.file("hearth.db"))
            try await Migrator(Schema.migrations).run(store, now: 0)
            registry = try OperationRegistry(
                WorkflowOperations(store: store, clock: ManualClock()).operations())
        }

        func call(
            _ name: String, _ input: JSONValue, attachment: Data? = nil, tenant: Tenant = .local
        ) async throws -> JSONValue {
            let operation = try #require(registry[name])
            let context = OperationContext(
                principal: Principal(tenant: tenant, permission: .write), requestID: "test",
                deadline: .now + .seconds(60), attachment: attachment.map { .file($0) }, logger: Logger(label: "test"))
            return try await registry.call(operation, input: input, context: context)
        }

        func count() async throws -> Int? {
            try await store.read { db in try db.value("SELECT COUNT(*) FROM workflows", as: Int.self) }
        }
    }

    private let bench: World
    private let other = Tenant(rawValue: "other")

    init() async throws { bench = try await World() }

    private func file() throws -> Data { try BuiltInWorkflows.require("img2img").graph.json.encoded() }

    @discardableResult
    private func add(
        _ name: String = "portrait", _ more: JSONObject = [:], file: Data? = nil, tenant: Tenant = .local
    ) async throws -> JSONValue {
        var input = more
        input["name"] = .string(name)
        return try await bench.call(
            "studio.workflows.add", .object(input), attachment: try file ?? self.file(), tenant: tenant)
    }

    private func names(_ tenant: Tenant = .local) async throws -> [String] {
        let list = try await bench.call("studio.workflows.list", [:], tenant: tenant)
        return (list["items"]?.arrayValue ?? []).compactMap { $0["workflow"]?.stringValue }
    }

    @Test func addedWorkflowIsListedShownAndFound() async throws {
        let added = try await add("portrait", ["summary": "Mine.", "slots": ["negative="]])
        #expect(added["kind"] == "image" && added["mechanism"] == "denoise" && added["is_built_in"] == false)
        #expect(added["slots"]?["prompt"] == ["6.text"] && added["slots"]?["negative"] == nil)
        #expect(
            try await names() == [
                "txt2img", "img2img", "inpaint", "ip_adapter", "animatediff", "svd", "wan_image_to_video", "portrait",
            ])
        let shown = try await bench.call("studio.workflows.get", ["workflow": "portrait"])
        #expect(shown == added && shown["nodes"]?.arrayValue?.contains("KSampler") == true)
        let found = try await StoredWorkflows(store: bench.store).workflow("portrait", of: .local)
        #expect(found.summary == "Mine." && !found.isBuiltIn)
    }

    @Test func tenantsDoNotSeeEachOthers() async throws {
        try await add()
        #expect(try await names(other).contains("portrait") == false)
        try await add(tenant: other)
        for name in ["studio.workflows.get", "studio.workflows.remove"] {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call(name, ["workflow": "portrait"], tenant: Tenant(rawValue: "third"))
            }
            #expect(error?.code == .notFound)
        }
        await #expect(throws: HearthError.self) {
            try await StoredWorkflows(store: bench.store).workflow("portrait", of: Tenant(rawValue: "third"))
        }
    }

    @Test(arguments: ["portrait", "txt2img"]) func nameThatIsTakenIsRefused(name: String) async throws {
        try await add()
        let error = await #expect(throws: HearthError.self) { try await add(name) }
        #expect(error?.code == .conflict)
    }

    @Test func removedWorkflowIsGoneAndItsNameFree() async throws {
        try await add()
        #expect(try await bench.call("studio.workflows.remove", ["workflow": "portrait"])["removed"] == "portrait")
        #expect(try await names().contains("portrait") == false)
        try await add()
    }

    @Test func builtInWorkflowStays() async throws {
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("studio.workflows.remove", ["workflow": "txt2img"])
        }
        #expect(error?.code == .conflict)
    }

    @Test func asManyAsAreAllowedAreKept() async throws {
        for number in 0..<Limits.workflowsOfTenant { try await add("w\(number)") }
        let error = await #expect(throws: HearthError.self) { try await add("more") }
        #expect(error?.code == .quotaExceeded)
        try await add("more", tenant: other)
    }

    @Test func fileThatIsNoneLeavesNothing() async throws {
        for file in [Data("{".utf8), Data("[]".utf8), Data(#"{"nodes":[],"links":[]}"#.utf8), Data([0xFF])] {
            let error = await #expect(throws: HearthError.self) { try await add(file: file) }
            #expect(error?.code == .invalidRequest)
        }
        let large = Data(repeating: 0x20, count: Limits.workflowBytes + 1)
        let error = await #expect(throws: HearthError.self) { try await add(file: large) }
        #expect(error?.code == .bodyTooLarge)
        #expect(try await bench.count() == 0)
    }
}

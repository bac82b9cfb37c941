import HearthCore
import HearthJSON
import HearthTesting
import Logging
import Testing

@testable import HearthInference

/// Models by operation: what `hearth call` and REST share.
@Suite struct ModelOperationsTests {
    private let calls = Locked<[String]>([])

    private func call(
        _ name: String, _ input: JSONValue, permission: Permission = .operate
    ) async throws -> JSONValue {
        let calls = calls
        var engine = ScriptedEngine([
            .ready("mobilenet", .imageEmbedding, dims: 8), .ready("all-minilm-l6-v2", .textEmbedding, dims: 4),
        ])
        engine.loading = { model, keepAlive in calls.withLock { $0.append("load \(model) \(keepAlive?.text ?? "-")") } }
        engine.unloading = { model in calls.withLock { $0.append("unload \(model)") } }
        let registry = try OperationRegistry(ModelOperations(service: EmbeddingService(engine: engine)).all())
        let operation = try #require(registry[name])
        let context = OperationContext(
            principal: Principal(tenant: .local, permission: permission), requestID: "r",
            deadline: .now + .seconds(600), logger: .quiet)
        return try await registry.call(operation, input: input, context: context)
    }

    @Test func modelsAreListedAndShown() async throws {
        let list = try await call("models.list", [:], permission: .read)
        #expect(list["models"]?.arrayValue?.map { $0["id"] } == ["mobilenet", "all-minilm-l6-v2"])
        let one = try await call("models.get", ["id": "sentence-transformers/all-MiniLM-L6-v2"], permission: .read)
        #expect(one["id"] == "all-minilm-l6-v2")
        #expect(one["state"] == "ready")
    }

    @Test(
        arguments: [
            (JSONValue.null, "-"), ("5m", "300s"), ("pinned", "pinned"), (90, "90s"), (-1, "pinned"), ("-1", "pinned"),
        ])
    func loadingTakesEveryFormOfDuration(keepAlive: JSONValue, wanted: String) async throws {
        let status = try await call("models.load", ["id": "all-minilm-l6-v2:latest", "keep_alive": keepAlive])
        #expect(status["id"] == "all-minilm-l6-v2")
        #expect(calls.withLock { $0 } == ["load all-minilm-l6-v2 \(wanted)"])
    }

    @Test func unloadingNamesTheModel() async throws {
        _ = try await call("models.unload", ["id": "mobilenet"])
        #expect(calls.withLock { $0 } == ["unload mobilenet"])
    }

    @Test(
        arguments: [
            ("models.load", ["id": "gpt-9"], HearthError.Code.notFound),
            ("models.load", ["id": "mobilenet", "keep_alive": "soon"], .invalidRequest),
            ("models.load", ["id": "mobilenet", "keep_alive": []], .invalidRequest),
            ("models.unload", [:], .invalidRequest), ("models.get", ["id": ""], .invalidRequest),
        ] as [(String, JSONValue, HearthError.Code)])
    func whatDoesNotFitIsRefused(name: String, input: JSONValue, code: HearthError.Code) async throws {
        let error = await #expect(throws: HearthError.self) { try await call(name, input) }
        #expect(error?.code == code)
        #expect(calls.withLock { $0.isEmpty })
    }

    @Test(arguments: ["models.load", "models.unload"])
    func onlyWhoMayAdministerChangesModels(name: String) async {
        let error = await #expect(throws: HearthError.self) {
            try await call(name, ["id": "mobilenet"], permission: .write)
        }
        #expect(error?.code == .forbidden)
    }
}

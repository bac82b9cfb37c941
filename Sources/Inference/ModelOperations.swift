package import HearthCore
import HearthJSON

/// The operations by which people and programs see models, load them and let them go.
package struct ModelOperations: Sendable {
    private let service: EmbeddingService

    package init(service: EmbeddingService) { self.service = service }

    /// Every operation on models.
    package func all() -> [Operation] {
        [
            Operation(
                .init(
                    "models.list", "List the models and their states; looking does not keep one in memory.",
                    description: """
                        Answers each model's kind, length of vectors, state and memory. Looking does not \
                        load a model and does not keep it in memory.
                        """,
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/models")]),
                input: Nothing.self, output: ModelList.self
            ) { [service] _, context in
                ModelList(models: try await service.models().map { $0.shown(to: context.principal) })
            },
            Operation(
                .init(
                    "models.get", "Show one model.",
                    description: "Takes the model's id or one of its aliases.",
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/models/{id}")]),
                input: ModelReference.self, output: ModelStatus.self
            ) { [service] input, context in
                try await service.model(input.id, for: nil, until: context.deadline).shown(to: context.principal)
            },
            Operation(
                .init(
                    "models.load", "Load a model and answer when it is ready; change how long it stays.",
                    description: """
                        Answers the model's state when it is ready, which takes seconds to minutes for a \
                        large one. `keep_alive` says how long it stays in memory without a call, from \
                        now on.
                        """,
                    permission: .operate, hints: .replaces, routes: [Route(.post, "/api/models/{id}/load")],
                    deadline: Limits.modelLoad + Limits.inferenceDeadline),
                input: LoadModel.self, output: ModelStatus.self, run: load),
            Operation(
                .init(
                    "models.unload", "Let a model finish its calls and leave memory.",
                    description: "Running calls end first. The model's files stay; the next call loads it again.",
                    permission: .operate, hints: .removes,
                    routes: [Route(.post, "/api/models/{id}/unload")]),
                input: ModelReference.self, output: ModelStatus.self
            ) { [service] input, context in
                let model = try await service.model(input.id, for: nil, until: context.deadline)
                try await service.unload(model.id)
                return try await status(of: model.id, until: context.deadline)
            },
        ]
    }

    private func load(_ input: LoadModel, _ context: OperationContext) async throws -> ModelStatus {
        let keepAlive = try input.keepAlive.flatMap { try KeepAlive(json: $0, field: "keep_alive") }
        let model = try await service.model(input.id, for: nil, until: context.deadline)
        await context.progress.send(
            ProgressReport(stage: "load", overall: 0, message: "The model \(model.id) is being loaded."))
        try await service.load(model.id, keepAlive: keepAlive, deadline: context.deadline)
        return try await status(of: model.id, until: .now + Limits.inferenceDeadline)
    }

    private func status(of id: String, until deadline: ContinuousClock.Instant) async throws -> ModelStatus {
        try await service.model(id, for: nil, until: deadline)
    }

    /// Output of `models.list`.
    private struct ModelList: Sendable, Codable {
        var models: [ModelStatus]
    }

    /// Input of `models.list`.
    private struct Nothing: Sendable, Codable {}

    /// Input of `models.get` and `models.unload`.
    private struct ModelReference: Sendable, Codable, SchemaDescribed {
        var id: String

        static let fields = ["id": FieldNote("The model's id or one of its aliases.", minLength: 1, maxLength: 200)]
    }

    /// Input of `models.load`.
    private struct LoadModel: Sendable, Codable, SchemaDescribed {
        var id: String
        var keepAlive: JSONValue?

        static let fields = [
            "id": FieldNote("The model's id or one of its aliases.", minLength: 1, maxLength: 200),
            "keep_alive": FieldNote(
                "How long it stays without a call: `pinned`, `90s`, `5m`, or seconds; -1 pins. Absent: as before.",
                example: "5m",
                schema: [
                    "anyOf": [["type": "string", "format": "duration"], ["type": "number"], ["type": "null"]]
                ]),
        ]
    }
}

package import HearthCore
import HearthJSON

/// The operations by which people and programs see models, load them and let them go.
package struct ModelOperations: Sendable {
    private let service: EmbeddingService

    package init(service: EmbeddingService) { self.service = service }

    package func all() throws -> [Operation] {
        [
            try Operation(
                .init(
                    "models.list", "List the models and their states; looking does not keep one in memory.",
                    permission: .read, routes: [Route(.get, "/api/models")]),
                input: Nothing.self, output: JSONValue.self
            ) { [service] _, _ in
                ["models": .array(try await service.models().map { try JSONValueEncoder.encode($0) })]
            },
            try Operation(
                .init(
                    "models.get", "Show one model.", permission: .read, routes: [Route(.get, "/api/models/{id}")]),
                input: ModelReference.self, output: JSONValue.self
            ) { [service] input, context in
                try JSONValueEncoder.encode(try await service.model(input.id, seeing: nil, until: context.deadline))
            },
            try Operation(
                .init(
                    "models.load", "Load a model and answer when it is ready; change how long it stays.",
                    permission: .operate, routes: [Route(.post, "/api/models/{id}/load")]),
                input: LoadModel.self, output: JSONValue.self, run: load),
            try Operation(
                .init(
                    "models.unload", "Let a model finish its calls and leave memory.", permission: .operate,
                    routes: [Route(.post, "/api/models/{id}/unload")]),
                input: ModelReference.self, output: JSONValue.self
            ) { [service] input, context in
                let model = try await service.model(input.id, seeing: nil, until: context.deadline)
                try await service.unload(model.id)
                return try await status(of: model.id, until: context.deadline)
            },
        ]
    }

    private func load(_ input: LoadModel, _ context: OperationContext) async throws -> JSONValue {
        let keepAlive = try input.keepAlive.flatMap { try KeepAlive(json: $0, field: "keep_alive") }
        let model = try await service.model(input.id, seeing: nil, until: context.deadline)
        try await service.load(model.id, keepAlive: keepAlive, deadline: .now + Limits.modelLoad)
        return try await status(of: model.id, until: .now + Limits.inferenceDeadline)
    }

    private func status(of id: String, until deadline: ContinuousClock.Instant) async throws -> JSONValue {
        try JSONValueEncoder.encode(try await service.model(id, seeing: nil, until: deadline))
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
                example: "5m"),
        ]
    }
}

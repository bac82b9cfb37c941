import HearthCore
import HearthJSON

/// Input of `products.settings.set`.
struct SetWeights: Sendable, Codable, SchemaDescribed {
    var template: String?
    var imageWeight: Double
    var textWeight: Double

    static let fields = [
        "template": templateField,
        "image_weight": FieldNote("What the picture counts in a combined score; only the ratio matters.", minimum: 0),
        "text_weight": FieldNote("What the text counts in a combined score.", minimum: 0),
    ]
}

/// Input of `products.settings.get`.
struct GetWeights: Sendable, Codable, SchemaDescribed {
    var template: String?

    static let fields = ["template": templateField]
}

/// Output of both.
struct ProductSettings: Sendable, Codable, SchemaDescribed {
    var template: String?
    var imageWeight: Double
    var textWeight: Double
    var served: ProductModels?
    var target: ProductModels?

    static let fields = [
        "served": FieldNote("The models that searches use."),
        "target": FieldNote("The models that products are embedded by; searches use them once all are."),
    ]
}

private let templateField = FieldNote(
    "Template whose settings are meant; those of every template without its own when absent.", minLength: 1)

extension Products {
    func settingOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "products.settings.get", "Show what pictures and texts count, and the catalogue's models.",
                    description: """
                        Answers the weights of a template, or of all templates without weights of their \
                        own, and the models that searches use.
                        """,
                    permission: .read, hints: .reads, routes: [Route(.get, "/products/settings")]),
                input: GetWeights.self, output: ProductSettings.self
            ) { input, context in
                try await settings(input.template, tenant: context.tenant)
            },
            Operation(
                .init(
                    "products.settings.set", "Say what pictures and texts count in combined searches.",
                    description: "The weights hold from the next search on; nothing is embedded again.",
                    permission: .write, hints: .replaces, routes: [Route(.post, "/products/settings")]),
                input: SetWeights.self, output: ProductSettings.self
            ) { input, context in
                let weights = PartWeights(image: input.imageWeight, text: input.textWeight)
                try weights.check()
                let template = try ProductDraft.optionalWord(input.template, field: "template")
                let (table, tenant) = (table, context.tenant)
                try await store.write { db in
                    try table.setWeights(weights, of: template, tenant: tenant, in: db)
                }
                return try await settings(template, tenant: tenant)
            },
        ]
    }

    private func settings(_ template: String?, tenant: Tenant) async throws -> ProductSettings {
        let table = table
        return try await store.read { db in
            let weights = try table.weights(of: template, tenant: tenant, in: db)
            let models = try table.models(of: tenant, in: db)
            return ProductSettings(
                template: template, imageWeight: weights.image, textWeight: weights.text, served: models?.served,
                target: models?.target)
        }
    }
}

package import HearthCore
package import HearthInference
import HearthJSON
package import HearthJobs
package import HearthVectorStore
package import Logging

/// Products with pictures and texts, their vectors, and the search for products that a picture shows.
package struct Products: Feature {
    /// What jobs read files with that are packed.
    let inflater: (any Inflater)?
    let store: any Store
    let blobs: any BlobStore
    let queue: JobQueue
    let engine: any InferenceEngine
    let embeddings: EmbeddingService
    let collections: VectorCollections
    let scans: ScanWriter?
    let metrics: StageMetrics<ProductStage>
    let clock: any WallClock
    let quotas: TenantQuotas?
    let waiter: JobWaiter?
    let logger: Logger
    private let upkeep: Upkeep
    let table = ProductTable()
    let vectors = CollectionTable()

    /// Of its files, below the data folder.
    static let folder = "products"
    static let importFolder = "imports"

    /// The parts that the feature needs.
    package struct Parts: Sendable {
        package var store: any Store
        package var blobs: any BlobStore
        package var queue: JobQueue
        /// What jobs ask.
        package var engine: any InferenceEngine
        /// Answers interactive calls.
        package var embeddings: EmbeddingService
        package var collections: VectorCollections
        /// Makes the rows of scans; nil where none are answered.
        package var scans: ScanWriter?
        /// Nil where no import runs.
        package var inflater: (any Inflater)?
        package var metrics: MetricsRegistry
        package var clock: any WallClock
        /// Asked before anything is stored; nil: no tenant is limited.
        package var quotas: TenantQuotas?
        /// Where callers wait for jobs; nil: they cannot.
        package var waiter: JobWaiter?
        package var logger: Logger

        /// The machinery around the catalogue.
        ///
        /// - Parameters:
        ///   - scans: nil where no scan is answered.
        ///   - inflater: nil where no import runs.
        ///   - waiter: nil where no caller waits for jobs.
        package init(
            store: any Store, blobs: any BlobStore, queue: JobQueue, engine: any InferenceEngine,
            embeddings: EmbeddingService, collections: VectorCollections, scans: ScanWriter? = nil,
            inflater: (any Inflater)? = nil, metrics: MetricsRegistry, clock: any WallClock,
            quotas: TenantQuotas? = nil, waiter: JobWaiter? = nil, logger: Logger
        ) {
            self.quotas = quotas
            self.waiter = waiter
            self.store = store
            self.blobs = blobs
            self.queue = queue
            self.engine = engine
            self.embeddings = embeddings
            self.collections = collections
            self.scans = scans
            self.inflater = inflater
            self.metrics = metrics
            self.clock = clock
            self.logger = logger
        }
    }

    /// How products without a current embedding are looked after.
    package struct Upkeep: Sendable {
        /// How often they are looked for.
        package var interval: Duration
        /// Products a second that are embedded then; nil: as many as can be.
        package var rate: Double?

        /// How products without a current embedding are looked after.
        ///
        /// - Parameters:
        ///   - interval: how often products without an embedding are looked for.
        ///   - rate: products a second; nil: as many as can be.
        package init(interval: Duration = .seconds(60), rate: Double? = nil) {
            self.interval = interval
            self.rate = rate
        }
    }

    /// The catalogue on these parts; it does nothing until its operations or jobs run.
    package init(_ parts: Parts, upkeep: Upkeep = Upkeep()) {
        inflater = parts.inflater
        store = parts.store
        blobs = parts.blobs
        queue = parts.queue
        engine = parts.engine
        embeddings = parts.embeddings
        collections = parts.collections
        scans = parts.scans
        metrics = StageMetrics(parts.metrics)
        clock = parts.clock
        quotas = parts.quotas
        waiter = parts.waiter
        logger = parts.logger
        self.upkeep = upkeep
    }

    /// Every operation of the feature.
    package func operations() -> [Operation] {
        productOperations() + scanOperations() + settingOperations() + importOperations() + backfillOperations()
            + [embeddingOperation(), importJobOperation(), reconciliationOperation()]
    }

    /// What comes again and again.
    package func schedules() throws -> [Schedule] {
        [
            Schedule(
                name: Self.reconciliation.name, interval: upkeep.interval,
                request: try Self.reconciliation.request(ReconcileProducts(rate: upkeep.rate), tenant: .local))
        ]
    }
}

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
    "Template whose settings are meant; those of every template without its own when absent.", minLength: 1,
    schema: ["format": "word"])

extension Products {
    private func settingOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "products.settings.get", "Show the weights of pictures and texts, and the models of the products.",
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
                    "products.settings.set", "Set the weights of pictures and texts in combined searches.",
                    description: "The weights hold from the next search on; nothing is embedded again.",
                    permission: .write, hints: .replaces, routes: [Route(.post, "/products/settings")]),
                input: SetWeights.self, output: ProductSettings.self
            ) { input, context in
                let weights = PartWeights(image: input.imageWeight, text: input.textWeight)
                try weights.check()
                let template = try ProductDraft.optionalWord(input.template, field: "template")
                let (table, tenant) = (table, context.tenant)
                let bytes = TenantUsage(storedBytes: Int64(Limits.templateSettingBytes))
                let taken = try await quotas?.take(bytes, for: tenant) { db in
                    try table.hasWeights(of: template, tenant: tenant, in: db) ? TenantUsage() : bytes
                }
                defer { withExtendedLifetime(taken) {} }
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

/// Pictures of products, and the pieces of imports that have not been read yet.
extension Products: FileOwner {
    package var fileFolders: [String] { [Self.folder, Self.importFolder] }

    /// Which of the paths a row names: those are kept.
    package func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        try table.named(paths, in: db)
    }

    /// Pictures only: what was uploaded to be imported is not for reading.
    package func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
        guard let image = try table.image(id, of: tenant, in: db) else { return nil }
        return StoredFile(
            path: image.path, format: image.format, sha256: image.sha256, bytes: image.bytes,
            createdAt: image.createdAt)
    }
}

/// Stages of scans and of the jobs of products that have their own histogram.
enum ProductStage: String, CaseIterable {
    case scanEmbed = "scan_embed"
    case scanSearch = "scan_search"
    case scanRecord = "scan_record"
    case productRows = "product_rows"
    case productEmbed = "product_embed"
}

package import HearthCore
package import HearthInference
import HearthJSON
package import HearthJobs
package import HearthVectorStore
package import Logging

/// The catalogue: products with pictures and texts, what they look like, and which of them a picture shows.
package struct Products: Sendable {
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
    let logger: Logger
    let upkeep: Upkeep
    let table = ProductTable()
    let vectors = CollectionTable()

    /// Of its files, below the data folder.
    static let folder = "products"
    static let importFolder = "imports"

    /// What the machinery around the catalogue is.
    package struct Parts: Sendable {
        package var store: any Store
        package var blobs: any BlobStore
        package var queue: JobQueue
        /// What jobs ask.
        package var engine: any InferenceEngine
        /// What calls ask that somebody waits for.
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
        package var logger: Logger

        package init(
            store: any Store, blobs: any BlobStore, queue: JobQueue, engine: any InferenceEngine,
            embeddings: EmbeddingService, collections: VectorCollections, scans: ScanWriter? = nil,
            inflater: (any Inflater)? = nil, metrics: MetricsRegistry, clock: any WallClock,
            quotas: TenantQuotas? = nil, logger: Logger
        ) {
            self.quotas = quotas
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

        package init(interval: Duration = .seconds(60), rate: Double? = nil) {
            self.interval = interval
            self.rate = rate
        }
    }

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

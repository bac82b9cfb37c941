package import HearthCore
package import HearthInference
import HearthJSON
package import HearthJobs
package import HearthVectorStore
package import Logging

/// Characters that are remembered: projects, characters, their anchors, and recall.
package struct Studio: Sendable {
    let store: any Store
    let blobs: any BlobStore
    let queue: JobQueue
    let engine: any InferenceEngine
    let embeddings: EmbeddingService
    let collections: VectorCollections
    let metrics: StageMetrics<StudioStage>
    let clock: any WallClock
    let quotas: TenantQuotas?
    let logger: Logger
    let table = StudioTable()
    let vectors = CollectionTable()

    /// - Parameters:
    ///   - engine: What jobs ask.
    ///   - embeddings: What calls ask that somebody waits for.
    ///   - quotas: asked before anything is stored; nil: no tenant is limited.
    package init(
        store: any Store, blobs: any BlobStore, queue: JobQueue, engine: any InferenceEngine,
        embeddings: EmbeddingService, collections: VectorCollections, metrics: MetricsRegistry, clock: any WallClock,
        quotas: TenantQuotas? = nil, logger: Logger
    ) {
        self.quotas = quotas
        self.store = store
        self.blobs = blobs
        self.queue = queue
        self.engine = engine
        self.embeddings = embeddings
        self.collections = collections
        self.metrics = StageMetrics(metrics)
        self.clock = clock
        self.logger = logger
    }

    /// Every operation of the feature.
    package func operations() -> [Operation] {
        projectOperations() + characterOperations() + anchorOperations() + [recallOperation()]
            + [extractionOperation(), reconciliationOperation()]
    }

    /// What comes again and again.
    package func schedules() throws -> [Schedule] {
        [
            Schedule(
                name: Self.reconciliation.name, interval: .seconds(60),
                request: try Self.reconciliation.request(ReconcileAnchors(), tenant: .local))
        ]
    }
}

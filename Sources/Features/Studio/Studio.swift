package import HearthCore
package import HearthInference
import HearthJSON
package import HearthJobs
package import HearthVectorStore
package import Logging

/// Characters that are remembered: projects, characters, their anchors, and recall.
package struct Studio: Feature {
    let store: any Store
    let blobs: any BlobStore
    let writer: any DurableWriter
    let queue: JobQueue
    let engine: any InferenceEngine
    let embeddings: EmbeddingService
    let collections: VectorCollections
    let metrics: StageMetrics<StudioStage>
    let clock: any WallClock
    let quotas: TenantQuotas?
    /// Where callers wait for the vectors of pictures; nil: they cannot.
    let waiter: JobWaiter?
    let logger: Logger
    let table = StudioTable()
    let vectors = CollectionTable()

    /// - Parameters:
    ///   - writer: Writes pictures with their rows; when absent, ``SeparateWriter``.
    ///   - engine: What jobs ask.
    ///   - embeddings: Answers interactive calls.
    ///   - quotas: Asked before anything is stored; nil: no tenant is limited.
    ///   - waiter: Where callers wait for the vectors of pictures; nil: they cannot.
    package init(
        store: any Store, blobs: any BlobStore, writer: (any DurableWriter)? = nil, queue: JobQueue,
        engine: any InferenceEngine, embeddings: EmbeddingService, collections: VectorCollections,
        metrics: MetricsRegistry, clock: any WallClock, quotas: TenantQuotas? = nil, waiter: JobWaiter? = nil,
        logger: Logger
    ) {
        self.quotas = quotas
        self.waiter = waiter
        self.store = store
        self.blobs = blobs
        self.writer = writer ?? SeparateWriter(store: store, blobs: blobs)
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
        projectOperations() + presetOperations() + characterOperations() + bibleOperations() + mergeOperations()
            + provisionalOperations() + anchorOperations() + [searchOperation(), recallOperation()]
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

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
    let generation: Generation
    /// Reads zip files; nil where none are read.
    let inflater: (any Inflater)?
    /// Zip files of projects whose bytes are arriving now.
    let arrivingImports = Locked<[Tenant: Int]>([:])
    let table = StudioTable()
    let outputTable = OutputTable()
    let vectors = CollectionTable()

    /// - Parameters:
    ///   - writer: Writes pictures with their rows; when absent, ``SeparateWriter``.
    ///   - engine: What jobs ask.
    ///   - embeddings: Answers interactive calls.
    ///   - quotas: Asked before anything is stored; nil: no tenant is limited.
    ///   - waiter: Where callers wait for the vectors of pictures; nil: they cannot.
    ///   - generation: What makes pictures and videos.
    ///   - inflater: Reads zip files; nil where none are read.
    package init(
        store: any Store, blobs: any BlobStore, writer: (any DurableWriter)? = nil, queue: JobQueue,
        engine: any InferenceEngine, embeddings: EmbeddingService, collections: VectorCollections,
        metrics: MetricsRegistry, clock: any WallClock, quotas: TenantQuotas? = nil, waiter: JobWaiter? = nil,
        generation: Generation = Generation(), inflater: (any Inflater)? = nil, logger: Logger
    ) {
        self.inflater = inflater
        self.generation = generation
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

    /// What makes pictures and videos.
    package struct Generation: Sendable {
        /// The same in every process: they say which operations and jobs there are.
        package var descriptions: [GeneratorDescription]
        /// Which of them makes what, when a call does not say.
        package var defaults: [OutputKind: String]
        /// The generators themselves; none but in workers.
        package var generators: [any Generator]
        /// Makes small pictures of outputs; nil but in workers.
        package var painter: (any PicturePainter)?
        /// Gives generators their folders; a process that runs no jobs keeps this one.
        package var programs: any ProgramRunner

        package init(
            descriptions: [GeneratorDescription] = [], defaults: [OutputKind: String] = [:],
            generators: [any Generator] = [], painter: (any PicturePainter)? = nil,
            programs: any ProgramRunner = NoPrograms()
        ) {
            self.descriptions = descriptions
            self.defaults = defaults
            self.generators = generators
            self.painter = painter
            self.programs = programs
        }
    }

    /// Every operation of the feature.
    package func operations() -> [Operation] {
        [
            projectOperations(), presetOperations(), characterOperations(), bibleOperations(), mergeOperations(),
            provisionalOperations(), anchorOperations(), [searchOperation(), recallOperation()],
            [extractionOperation(), reconciliationOperation()], generationOperations(), outputOperations(),
            renderingOperations(),
            [stoppingOperation(), comparisonOperation(), introductionOperation(), reindexOperation()],
            [importOperation()],
        ].flatMap { $0 }
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

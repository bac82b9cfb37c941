package import HearthCollections
package import HearthCore
package import HearthFaces
package import HearthInference
package import HearthJobs
package import HearthProducts
package import HearthStudio
package import HearthVectorStore
package import Logging

/// The features of the server, made of the same parts in the front, in a worker and in the command line's help.
///
/// This is the one list of them: operations, jobs, schedules, files and the rows' schema (``Schema``) follow from it.
package struct Features: Sendable {
    /// What features stand on.
    package struct Parts: Sendable {
        package let store: any Store
        package let blobs: any BlobStore
        package let queue: JobQueue
        package let engine: any InferenceEngine
        package let embeddings: EmbeddingService
        package let vectors: VectorCollections
        package let metrics: MetricsRegistry
        package let clock: any WallClock
        package let logger: Logger
        /// Writes files with their rows; nil: one after the other.
        package var writer: (any DurableWriter)?
        /// Keeps the records of scans; nil where none are made.
        package var scans: ScanWriter?
        /// Runs programs for jobs; a process that runs no jobs keeps this one.
        package var programs: any ProgramRunner = NoPrograms()
        /// What is known of generators, in every process.
        package var generatorDescriptions = BuiltInGenerators.descriptions
        /// Which of them makes what, when a call does not say.
        package var defaultGenerators = BuiltInGenerators.defaults
        /// The generators themselves; none but in workers.
        package var generators: [any Generator] = []
        /// Makes small pictures of outputs; nil but in workers.
        package var painter: (any PicturePainter)?
        /// Reads faces; nil where nothing does.
        package var finder: (any FaceFinder)?
        /// Where callers wait for jobs; nil where no operation is called.
        package var waiter: JobWaiter?
        /// Asked before anything is stored; nil where no tenant is limited.
        package var quotas: TenantQuotas?
        /// Where exports of collections are made; nil where none are.
        package var exports: ExportSpace?
        /// The keys of sealed data; nil where no operation is called.
        package var seals: SealKeys?
        /// Reads zip archives; nil where none are read.
        package var inflater: (any Inflater)?
        package var productUpkeep = Products.Upkeep()

        package init(
            store: any Store, blobs: any BlobStore, queue: JobQueue, engine: any InferenceEngine,
            embeddings: EmbeddingService, vectors: VectorCollections, metrics: MetricsRegistry, logger: Logger
        ) {
            self.store = store
            self.blobs = blobs
            self.queue = queue
            self.engine = engine
            self.embeddings = embeddings
            self.vectors = vectors
            self.metrics = metrics
            clock = queue.clock
            self.logger = logger
        }
    }

    /// Collections as doors know them by name.
    package let collections: NamedCollections
    /// Characters, for doors that stream their files.
    package let studio: Studio
    /// Clients and their users, for doors whose connections send frames.
    package let faces: Faces
    /// Every feature.
    package let all: [any Feature]

    /// Makes the features; nothing runs yet.
    package init(_ parts: Parts) {
        collections = NamedCollections(
            store: parts.store, vectors: parts.vectors, embeddings: parts.embeddings, clock: parts.clock,
            quotas: parts.quotas, exports: parts.exports)
        studio = Studio(
            store: parts.store, blobs: parts.blobs, writer: parts.writer, queue: parts.queue, engine: parts.engine,
            embeddings: parts.embeddings, collections: parts.vectors, metrics: parts.metrics, clock: parts.clock,
            quotas: parts.quotas, waiter: parts.waiter,
            generation: Studio.Generation(
                descriptions: parts.generatorDescriptions, defaults: parts.defaultGenerators,
                generators: parts.generators, painter: parts.painter, programs: parts.programs),
            logger: parts.logger)
        faces = Faces(
            Faces.Parts(
                store: parts.store, blobs: parts.blobs, writer: parts.writer, queue: parts.queue,
                finder: parts.finder, keys: parts.seals, audit: AuditLog(clock: parts.clock),
                collections: parts.vectors, metrics: parts.metrics, clock: parts.clock, quotas: parts.quotas,
                waiter: parts.waiter, logger: parts.logger))
        all = [
            studio,
            WorkflowOperations(store: parts.store, clock: parts.clock, quotas: parts.quotas),
            RequestPictures(
                store: parts.store, blobs: parts.blobs, writer: parts.writer, queue: parts.queue, clock: parts.clock,
                quotas: parts.quotas),
            Products(
                Products.Parts(
                    store: parts.store, blobs: parts.blobs, queue: parts.queue, engine: parts.engine,
                    embeddings: parts.embeddings, collections: parts.vectors, scans: parts.scans,
                    inflater: parts.inflater, metrics: parts.metrics, clock: parts.clock, quotas: parts.quotas,
                    waiter: parts.waiter, logger: parts.logger),
                upkeep: parts.productUpkeep),
            faces, CollectionOperations(collections),
            DiagnosticOperations(programs: parts.programs),
        ]
    }

    /// The operations of all features.
    package func operations() -> [Operation] { all.flatMap { $0.operations() } }

    /// The jobs of all features that come again.
    package func schedules() throws -> [Schedule] { try all.flatMap { try $0.schedules() } }

    /// The features that keep files.
    package var fileOwners: [any FileOwner] { all.compactMap(\.fileOwner) }

    /// The features whose things can leave the server as files.
    package var archiveOwners: [any ArchiveOwner] { all.compactMap(\.archiveOwner) }

    /// What goes on with deletions that have begun: of the features, and of collections of vectors.
    package func deletions(in store: any Store) -> [any StepwiseDeletion] {
        [DeletedCollections(store: store)] + all.compactMap { $0 as? any StepwiseDeletion }
    }
}

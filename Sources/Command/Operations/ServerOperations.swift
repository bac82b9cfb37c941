import HearthAssembly
import HearthCore
import HearthDoors
import HearthInference
import HearthJobs
import HearthVectorStore
import Logging

/// Every operation of the server: the one list of features, for the front and for the command line.
struct ServerOperations {
    let features: Features
    let embeddings: EmbeddingService
    let queue: JobQueue
    let keys: KeyOperations
    let tenants: TenantOperations
    let audit: AuditOperations
    let system: SystemOperations
    let uploads: UploadTable
    /// Where callers wait for jobs; nil where no operation is called.
    var waiter: JobWaiter?

    /// - Throws: ``HearthError`` `invalid_configuration` when two operations share a name or a route.
    func registry() throws -> OperationRegistry {
        let features = features.operations()
        let jobs = JobOperations(queue: queue, waiter: waiter, control: try OperationRegistry(features).control)
        return try OperationRegistry(
            features + jobs.all() + ModelOperations(service: embeddings).all() + keys.all() + tenants.all()
                + audit.all() + system.all() + UploadOperations(uploads).all(), jobs: queue)
    }

    /// The operations as this version declares them, without a server: names, schemas, help; none of them runs.
    static func declared() throws -> OperationRegistry {
        let (absent, clock, metrics) = (AbsentServer(), SystemClock(), MetricsRegistry())
        let logger = Logger(label: "hearth")
        let queue = JobQueue(store: absent, clock: clock, signal: absent)
        let embeddings = EmbeddingService(engine: absent)
        let vectors = VectorCollections(store: absent)
        return try ServerOperations(
            features: Features(
                Features.Parts(
                    store: absent, blobs: absent, queue: queue, engine: absent, embeddings: embeddings,
                    vectors: vectors, metrics: metrics, logger: logger)),
            embeddings: embeddings, queue: queue, keys: KeyOperations(store: absent, clock: clock),
            tenants: TenantOperations(
                quotas: TenantQuotas(store: absent, counters: [], logger: logger)),
            audit: AuditOperations(store: absent, clock: clock),
            system: SystemOperations(
                store: absent, queue: queue, collections: vectors,
                cache: TieredCache(
                    memory: MemoryTier(clock: clock, metrics: metrics), lower: [], metrics: metrics),
                hub: EventHub(store: absent, table: queue.table, signal: absent, logger: logger), supervisors: [],
                lanes: [], metrics: metrics), uploads: UploadTable(clock: clock)
        ).registry()
    }
}

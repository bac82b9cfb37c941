package import HearthCore
package import HearthInference
import HearthJSON
package import HearthJobs
package import HearthVectorStore
package import Logging

/// People who are recognised by their faces: clients of a tenant, their users, and what is known of the users' faces.
///
/// Whatever tells a face from others is sealed with a key of its client (``FaceClient/sealScope``): templates, old
/// photos, the faces of pictures that were seen before.
package struct Faces: Feature {
    let store: any Store
    let blobs: any BlobStore
    let writer: any DurableWriter
    let queue: JobQueue
    let finder: (any FaceFinder)?
    let keys: SealKeys?
    let sealed: SealedBlobs
    let audit: AuditLog
    let gallery: FaceGallery
    let pictures: FacePictures
    let attempts = AttemptGate()
    let sessions: FaceSessions
    let metrics: StageMetrics<FaceStage>
    let clock: any WallClock
    let quotas: TenantQuotas?
    let waiter: JobWaiter?
    let logger: Logger
    let table = FaceTable()

    /// Of its files, below the data folder.
    static let folder = "faces"

    /// The parts that the feature needs.
    package struct Parts: Sendable {
        package var store: any Store
        package var blobs: any BlobStore
        /// Writes files with their rows; nil: one after the other.
        package var writer: (any DurableWriter)?
        package var queue: JobQueue
        /// Nil where nothing reads faces.
        package var finder: (any FaceFinder)?
        /// Nil in a process that opens and seals nothing.
        package var keys: SealKeys?
        package var audit: AuditLog
        package var collections: VectorCollections
        package var metrics: MetricsRegistry
        package var clock: any WallClock
        /// Asked before anything is stored; nil: no tenant is limited.
        package var quotas: TenantQuotas?
        /// Where callers wait for jobs; nil: they cannot.
        package var waiter: JobWaiter?
        package var logger: Logger

        /// - Parameters:
        ///   - finder: nil where nothing reads faces: what needs them says how to get the models.
        ///   - waiter: nil where no caller waits for jobs.
        package init(
            store: any Store, blobs: any BlobStore, writer: (any DurableWriter)? = nil, queue: JobQueue,
            finder: (any FaceFinder)?, keys: SealKeys?, audit: AuditLog, collections: VectorCollections,
            metrics: MetricsRegistry, clock: any WallClock, quotas: TenantQuotas? = nil, waiter: JobWaiter? = nil,
            logger: Logger
        ) {
            self.store = store
            self.blobs = blobs
            self.writer = writer
            self.queue = queue
            self.finder = finder
            self.keys = keys
            self.audit = audit
            self.collections = collections
            self.metrics = metrics
            self.clock = clock
            self.quotas = quotas
            self.waiter = waiter
            self.logger = logger
        }
    }

    /// The feature on these parts; it does nothing until its operations or jobs run.
    package init(_ parts: Parts) {
        store = parts.store
        blobs = parts.blobs
        writer = parts.writer ?? SeparateWriter(store: parts.store, blobs: parts.blobs)
        queue = parts.queue
        finder = parts.finder
        keys = parts.keys
        sealed = SealedBlobs(store: parts.store, blobs: parts.blobs, keys: parts.keys)
        audit = parts.audit
        gallery = FaceGallery(collections: parts.collections, keys: parts.keys)
        pictures = FacePictures(store: parts.store, keys: parts.keys, clock: parts.clock)
        sessions = FaceSessions()
        metrics = StageMetrics(parts.metrics)
        clock = parts.clock
        quotas = parts.quotas
        waiter = parts.waiter
        logger = parts.logger
    }

    /// Every operation of the feature.
    package func operations() -> [Operation] {
        [
            clientOperations(), userOperations(), photoOperations(), templateOperations(), recognitionOperations(),
            sessionOperations(), albumOperations(), clusterOperations(), [reconciliationOperation()],
        ].flatMap { $0 }
    }

    /// What comes again and again.
    package func schedules() throws -> [Schedule] {
        [
            Schedule(
                name: Self.reconciliation.name, interval: .seconds(60),
                request: try Self.reconciliation.request(ReconcileFaces(), tenant: .local))
        ]
    }

    /// What reads faces.
    /// - Throws: ``HearthError`` `not_found` where nothing does.
    func requireFinder() throws(HearthError) -> any FaceFinder {
        guard let finder else {
            throw HearthError(
                .notFound, "There are no models for faces.", hint: "`hearth models pull faces` gets them.")
        }
        return finder
    }

    /// Writes down in the caller's transaction what was done: by identifiers, because it is never removed.
    /// - Parameters:
    ///   - user: identifier of a user.
    ///   - principal: nil: the server itself, in a job.
    func note(
        _ action: String, _ client: FaceClient, user: String? = nil, by principal: Principal?,
        outcome: AuditEvent.Outcome = .done, _ details: JSONObject = [:], in db: any SQLConnection
    ) throws {
        var details = details
        details["client_id"] = .string(client.clientID)
        try audit.append(
            AuditEvent(
                "faces.\(action)", by: principal ?? Principal(tenant: client.tenant, permission: .write),
                of: client.tenant, subject: user, outcome: outcome, details: details), in: db)
    }
}

/// Stages of calls about faces that have their own histogram.
enum FaceStage: String, CaseIterable {
    case faceRead = "face_read"
    case faceCompare = "face_compare"
    case faceSearch = "face_search"
    case faceRows = "face_rows"
    case facePhoto = "face_photo"
    case faceFrame = "face_frame"
}

/// The files of the feature: old photos and the photos of albums, all of them sealed.
extension Faces: FileOwner {
    package var fileFolders: [String] { [Self.folder] }

    /// Of these paths, those that a row names.
    package func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        try table.named(paths, in: db)
    }

    /// None: what lies on the disk is sealed, and photos of people are not handed out by their identifiers.
    package func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? { nil }
}

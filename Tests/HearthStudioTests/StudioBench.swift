import Foundation
import HearthAssembly
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthStudio
import HearthTesting
import HearthVectorStore
import HearthZlib
import Logging

/// A studio on a real database and real files, with an engine that turns equal bytes into equal vectors.
final class StudioBench: Sendable {
    let folder: TemporaryFolder
    let store: SQLiteStore
    /// What the studio reads.
    let observed: ObservedStore
    let blobs: ObservedBlobs
    let studio: Studio
    /// What makes outputs.
    let generator = PlainGenerator()
    /// What the engine was asked.
    let calls = MetricCounter()
    private let threads = BlockingThreads(name: "test", threads: 4)
    private let registry: OperationRegistry
    let queue: JobQueue
    /// Tells who waits for a job.
    private let hub: EventHub
    private let signal = SilentSignal()
    let clock = ManualClock()
    private let logger = Logger(label: "test")

    /// - Parameters:
    ///   - isGrouped: whether files and rows are written in groups, as the front does it; otherwise step by step, so
    ///     that a test can act between the steps.
    ///   - folder: nil: a new one.
    ///   - engine: what looks at pictures.
    ///   - isRemote: whether the generator lets another server work.
    ///   - program: what runs in place of programs.
    init(
        isGrouped: Bool = false, in folder: TemporaryFolder? = nil, engine scripted: ScriptedEngine = ByteEngine.make(),
        isRemote: Bool = false, program: @escaping FolderRunner.Program = FolderRunner.none
    ) async throws {
        self.folder = try folder ?? TemporaryFolder()
        let folder = self.folder
        let files = LocalBlobStore(root: folder.path, threads: threads)
        store = try SQLiteStore(path: folder.file("hearth.db"), files: isGrouped ? files : nil)
        observed = ObservedStore(store)
        try await Migrator(Schema.migrations).run(store, now: clock.now())
        blobs = ObservedBlobs(files)
        queue = JobQueue(
            store: store,
            table: JobTable(
                subjects: Studio.jobSubjects(generators: ["plain"], remote: isRemote ? ["plain"] : [])),
            clock: clock, signal: signal)
        hub = EventHub(store: store, table: queue.table, signal: signal, logger: logger)
        let metrics = MetricsRegistry()
        let cache = TieredCache(memory: MemoryTier(clock: clock, metrics: metrics), lower: [], metrics: metrics)
        let calls = calls
        var engine = scripted
        engine.embedding = { request in
            calls.increment()
            return try await scripted.embed(request)
        }
        studio = Studio(
            store: observed, blobs: blobs, writer: isGrouped ? store : nil, queue: queue, engine: engine,
            embeddings: EmbeddingService(engine: engine, cache: cache), collections: VectorCollections(store: observed),
            metrics: metrics, clock: clock, waiter: JobWaiter(hub: hub, queue: queue),
            generation: Studio.Generation(
                descriptions: [PlainGenerator.description, BrokenGenerator.description],
                defaults: [.image: "plain", .video: "plain"], generators: [generator],
                programs: FolderRunner(root: folder, program: program)),
            inflater: ZlibInflater(), logger: logger)
        registry = try OperationRegistry(studio.operations(), jobs: queue)
    }

    deinit { threads.stop() }

    /// A GIF of one pixel that differs by its colour table.
    func picture(_ number: Int) -> Data {
        Data("GIF89a".utf8)
            + Data([
                1, 0, 1, 0, 0x80, 0, 0, UInt8(number & 255), UInt8(number >> 8 & 255), 7, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1,
                0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
            ])
    }

    @discardableResult
    func call(
        _ name: String, _ input: JSONValue, attachment: Data? = nil, tenant: Tenant = .local, key: String? = nil,
        within time: Duration = .seconds(600)
    ) async throws -> JSONValue {
        try await answer(name, input, attachment: attachment, tenant: tenant, key: key, within: time).value
    }

    /// The error that a call is refused with; nil when it is not.
    func refusal(
        _ name: String, _ input: JSONValue, attachment: Data? = nil, tenant: Tenant = .local
    ) async throws -> HearthError? {
        do {
            try await call(name, input, attachment: attachment, tenant: tenant)
            return nil
        } catch let error as HearthError {
            return error
        }
    }

    /// - Parameter time: how long the caller waits.
    func answer(
        _ name: String, _ input: JSONValue, attachment: Data? = nil, tenant: Tenant = .local, key: String? = nil,
        within time: Duration = .seconds(600)
    ) async throws -> OperationAnswer {
        guard let operation = registry[name] else { throw HearthError(.notFound, name) }
        let context = OperationContext(
            principal: Principal(keyID: key, tenant: tenant, permission: max(.write, operation.permission)),
            requestID: "test",
            deadline: .now + time,
            attachment: try attachment.flatMap { try operation.attachment?.attachment(of: $0) }, logger: logger)
        return try await registry.begin(operation, input: input, context: context).finished()
    }

    /// Runs the hub of events beside the body.
    func withEvents(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [hub] in try await hub.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @discardableResult
    func register(
        _ name: String, project: String, picture number: Int, tenant: Tenant = .local
    ) async throws -> JSONValue {
        try await call(
            "studio.anchors.register", ["name": .string(name), "project": .string(project)],
            attachment: picture(number), tenant: tenant)
    }

    @discardableResult
    func merge(_ other: JSONValue, into kept: JSONValue) async throws -> JSONValue {
        try await call(
            "studio.characters.merge",
            ["character_id": kept["character_id"] ?? "", "other_character_id": other["character_id"] ?? ""])
    }

    func recall(picture number: Int, k: Int64 = 5, tenant: Tenant = .local) async throws -> JSONValue {
        try await call("studio.recall", ["k": .int(k)], attachment: picture(number), tenant: tenant)
    }

    func job(_ registered: JSONValue, tenant: Tenant = .local) async throws -> Job {
        let (table, id) = (queue.table, registered["job_id"]?.stringValue ?? "")
        return try await store.read { db in try table.job(id, of: tenant, in: db) }
    }

    /// Runs every claimable extraction as a worker would.
    func runJobs() async throws {
        let (table, now) = (queue.table, clock.now())
        let request = JobTable.LeaseRequest(
            lanes: [.embed], kinds: ["studio.anchors.extract"], worker: "test", limit: 100)
        while true {
            let leases = try await store.write { db in try table.lease(request, in: db, now: now) }
            guard !leases.isEmpty else { return }
            for lease in leases {
                try await run(lease)
                signal.ring()
            }
        }
    }

    /// Runs the jobs of some operations that can be claimed, as a worker would; one that throws fails.
    func run(_ kinds: [String], worker: String = "test") async throws {
        let lanes = Set(kinds.compactMap { registry.jobHandlers[$0]?.plan.lane })
        let (table, now) = (queue.table, clock.now())
        let request = JobTable.LeaseRequest(lanes: Array(lanes), kinds: kinds, worker: worker, limit: 100)
        for lease in try await store.write({ db in try table.lease(request, in: db, now: now) }) {
            do {
                try await run(lease)
            } catch {
                _ = try await store.write { db in try table.fail(lease, JobFailure(error), in: db, now: now) }
            }
            signal.ring()
        }
    }

    /// Runs one attempt up to its end, which is not written.
    func attempt(_ lease: JobLease) async throws -> JobOutcome {
        guard let handler = registry.jobHandlers[lease.kind] else { throw HearthError(.notFound, lease.kind) }
        return try await handler.run(lease, JobProgress())
    }

    /// Writes the end of an attempt, if it still holds its job.
    @discardableResult
    func complete(_ lease: JobLease, _ outcome: JobOutcome) async throws -> Bool {
        let (table, now) = (queue.table, clock.now())
        let isRecorded = try await store.write { db in
            guard try table.complete(lease, result: outcome.result, in: db, now: now) else { return false }
            try outcome.commit(db)
            return true
        }
        await outcome.ended(isRecorded)
        return isRecorded
    }

    func releaseWorker(_ worker: String) async throws { try await queue.releaseWorker(worker) }
    func cancel(_ job: String) async throws { _ = try await queue.cancel(job, of: .local) }
    func retry(_ job: String) async throws { _ = try await queue.retry(job, of: .local) }

    /// Lets every claimable extraction fail for good.
    func failJobs() async throws {
        let (table, now) = (queue.table, clock.now())
        let request = JobTable.LeaseRequest(
            lanes: [.embed], kinds: ["studio.anchors.extract"], worker: "test", limit: 100)
        try await store.write { db in
            let failure = JobFailure(kind: .permanent, code: "invalid_image", message: "It is no picture.")
            for lease in try table.lease(request, in: db, now: now) {
                _ = try table.fail(lease, failure, in: db, now: now)
            }
        }
        signal.ring()
    }

    /// Runs one job of a kind under a lease of its own, and returns its result; what is to be written with its end is
    /// not written.
    func runJob(_ kind: String, input: JSONValue, tenant: Tenant = .local) async throws -> JSONValue? {
        guard let handler = registry.jobHandlers[kind] else { throw HearthError(.notFound, kind) }
        let (lease, table, now) = (try await begin(kind, input: input, tenant: tenant), queue.table, clock.now())
        let result = try await handler.run(lease, JobProgress()).result
        _ = try await store.write { db in try table.complete(lease, result: result, in: db, now: now) }
        return result
    }

    /// Enqueues a job and begins its first attempt.
    func begin(
        _ kind: String, input: JSONValue, by worker: String = "test", tenant: Tenant = .local
    ) async throws -> JobLease {
        guard let handler = registry.jobHandlers[kind] else { throw HearthError(.notFound, kind) }
        // Before those of the same kind that wait.
        let request = JobRequest(tenant: tenant, kind: kind, plan: handler.plan, input: input, priority: 1_000)
        _ = try await queue.enqueue(request)
        guard let lease = try await lease(kind, by: worker, limit: 1).first else {
            throw HearthError(.notFound, "no job of \(kind)")
        }
        return lease
    }

    /// Leases the jobs of a kind that may run now.
    func lease(_ kind: String, by worker: String = "test", limit: Int = 100) async throws -> [JobLease] {
        guard let handler = registry.jobHandlers[kind] else { throw HearthError(.notFound, kind) }
        let (table, now) = (queue.table, clock.now())
        let request = JobTable.LeaseRequest(
            lanes: [handler.plan.lane], kinds: [kind], worker: worker, limit: limit)
        return try await store.write { db in try table.lease(request, in: db, now: now) }
    }

    /// Runs one attempt to its end as a worker would, and returns its result.
    @discardableResult
    func run(_ lease: JobLease) async throws -> JSONValue? {
        guard let handler = registry.jobHandlers[lease.kind] else { throw HearthError(.notFound, lease.kind) }
        let outcome = try await handler.run(lease, JobProgress())
        try await complete(lease, outcome)
        return outcome.result
    }

    /// Removes files without a row.
    /// - Returns: how many there were.
    func sweep() async throws -> Int {
        try await FileSweeper(store: store, blobs: blobs, owners: [studio], logger: logger).sweep(unnamedFor: .zero)
    }

    /// How many rows each table of the feature has, and how many files there are, recipes among them.
    func inventory() async throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in [
            "projects", "characters", "anchors", "embeddings", "collections", "jobs", "bible_versions",
            "character_texts", "character_merges",
        ] {
            counts[table] = try await count(table)
        }
        counts["files"] = Int64(try await blobs.list("projects", after: nil, limit: 1_000).count)
        return counts
    }

    func count(_ table: String) async throws -> Int64 {
        try await store.read { db in try db.value("SELECT COUNT(*) FROM \(verbatim: table)", as: Int64.self) ?? -1 }
    }

    /// Pictures and recipes on disk, sorted.
    func files() async throws -> [String] {
        try await blobs.list("projects", after: nil, limit: 1_000).filter { !$0.hasSuffix(".json") }
    }
}

/// Equal bytes, equal vectors; nothing is looked at.
enum ByteEngine {
    static func make(matchThreshold: Double? = nil) -> ScriptedEngine {
        var status = ModelStatus.ready("bytes", .imageEmbedding, dims: 8)
        status.matchThreshold = matchThreshold
        return make(status) { picture in
            var random = RepeatableRandom(seed: picture.reduce(5_381) { ($0 &* 33) ^ UInt64($1) })
            return random.unitVector(dims: 8)
        }
    }

    /// Gives the pictures of a bench the vectors of a crowd, by their numbers.
    static func make(_ crowd: Crowd) -> ScriptedEngine {
        make(.ready("crowd", .imageEmbedding, dims: crowd.dims)) { picture in
            let colour = picture.dropFirst(13).prefix(2).map { Int($0) }
            return crowd[colour[0] + colour[1] << 8]
        }
    }

    private static func make(
        _ model: ModelStatus, _ vector: @escaping @Sendable (_ picture: Data) -> [Float]
    ) -> ScriptedEngine {
        ScriptedEngine([model], anchorModel: model.id) { request in
            guard case .image(let picture) = request.input else { throw HearthError(.invalidRequest, "No picture.") }
            return .of(vector(picture.bytes), by: model)
        }
    }
}

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
import Logging

/// A studio on a real database and real files, with an engine that turns equal bytes into equal vectors.
final class StudioBench: Sendable {
    let folder: TemporaryFolder
    let store: SQLiteStore
    let blobs: ObservedBlobs
    let studio: Studio
    /// What the engine was asked.
    let calls = MetricCounter()
    private let threads = BlockingThreads(name: "test", threads: 4)
    private let registry: OperationRegistry
    private let queue: JobQueue
    private let clock = ManualClock()
    private let logger = Logger(label: "test")

    /// - Parameters:
    ///   - isGrouped: whether files and rows are written in groups, as the front does it; otherwise step by step, so
    ///     that a test can act between the steps.
    ///   - matchThreshold: what the model names.
    init(isGrouped: Bool = false, matchThreshold: Double? = nil) async throws {
        folder = try TemporaryFolder()
        let files = LocalBlobStore(root: folder.path, threads: threads)
        store = try SQLiteStore(path: folder.file("hearth.db"), files: isGrouped ? files : nil)
        try await Migrator(Schema.migrations).run(store, now: clock.now())
        blobs = ObservedBlobs(files)
        queue = JobQueue(store: store, clock: clock, signal: SilentSignal())
        let metrics = MetricsRegistry()
        let cache = TieredCache(memory: MemoryTier(clock: clock, metrics: metrics), lower: [], metrics: metrics)
        let calls = calls
        let bytes = ByteEngine.make(matchThreshold: matchThreshold)
        var engine = bytes
        engine.embedding = { request in
            calls.increment()
            return try await bytes.embed(request)
        }
        studio = Studio(
            store: store, blobs: blobs, writer: isGrouped ? store : nil, queue: queue, engine: engine,
            embeddings: EmbeddingService(engine: engine, cache: cache), collections: VectorCollections(store: store),
            metrics: metrics, clock: clock, logger: logger)
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
        _ name: String, _ input: JSONValue, attachment: Data? = nil, tenant: Tenant = .local
    ) async throws -> JSONValue {
        guard let operation = registry[name] else { throw HearthError(.notFound, name) }
        let context = OperationContext(
            principal: Principal(tenant: tenant, permission: .write), requestID: "test",
            deadline: .now + .seconds(600),
            attachment: try attachment.flatMap { try operation.attachment?.attachment(of: $0) }, logger: logger)
        return try await registry.call(operation, input: input, context: context)
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

    func recall(picture number: Int, tenant: Tenant = .local) async throws -> JSONValue {
        try await call("studio.recall", ["k": 5], attachment: picture(number), tenant: tenant)
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
        for lease in try await store.write({ db in try table.lease(request, in: db, now: now) }) {
            guard let handler = registry.jobHandlers[lease.kind] else { continue }
            let outcome = try await handler.run(lease, JobProgress())
            try await store.write { db in
                guard try table.complete(lease, result: outcome.result, in: db, now: now) else { return }
                try outcome.commit(db)
            }
        }
    }

    /// Runs one job of a kind and returns its result.
    func runJob(_ kind: String, input: JSONValue) async throws -> JSONValue? {
        guard let handler = registry.jobHandlers[kind] else { throw HearthError(.notFound, kind) }
        let lease = JobLease(
            id: .init(jobID: Identifier.make(), number: 1), tenant: .local, kind: kind, input: input, attempt: 1,
            crashes: 0, worker: "test")
        return try await handler.run(lease, JobProgress()).result
    }

    /// Removes files without a row.
    /// - Returns: how many there were.
    func sweep() async throws -> Int {
        try await FileSweeper(store: store, blobs: blobs, owners: [studio], logger: logger).sweep(olderThan: .zero)
    }

    /// How many rows each table of the feature has, and how many files there are, recipes among them.
    func inventory() async throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in ["projects", "characters", "anchors", "embeddings", "collections", "jobs"] {
            counts[table] = try await count(table)
        }
        counts["files"] = Int64(try await blobs.list("projects", olderThan: .zero, after: nil, limit: 1_000).count)
        return counts
    }

    func count(_ table: String) async throws -> Int64 {
        try await store.read { db in try db.value("SELECT COUNT(*) FROM \(verbatim: table)", as: Int64.self) ?? -1 }
    }

    /// Pictures and recipes on disk, sorted.
    func files() async throws -> [String] {
        try await blobs.list("projects", olderThan: .zero, after: nil, limit: 1_000).filter { !$0.hasSuffix(".json") }
    }
}

/// Equal bytes, equal vectors; nothing is looked at.
enum ByteEngine {
    static func make(matchThreshold: Double? = nil) -> ScriptedEngine {
        var status = ModelStatus.ready("bytes", .imageEmbedding, dims: 8)
        status.matchThreshold = matchThreshold
        let model = status
        return ScriptedEngine([model], anchorModel: model.id) { request in
            guard case .image(let picture) = request.input else { throw HearthError(.invalidRequest, "No picture.") }
            var random = RepeatableRandom(seed: picture.bytes.reduce(5_381) { ($0 &* 33) ^ UInt64($1) })
            return .of(random.unitVector(dims: 8), by: model)
        }
    }
}

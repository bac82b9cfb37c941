import Foundation
import HearthAssembly
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import HearthVectorStore
import HearthZlib
import Logging

@testable import HearthProducts

/// A catalogue on a real database and real files, with an engine that turns equal input into equal vectors.
final class ProductBench: Sendable {
    let folder: TemporaryFolder
    let store: any Store
    let blobs: LocalBlobStore
    let products: Products
    let scans: ScanWriter
    let collections: VectorCollections
    let clock = ManualClock()
    let metrics = MetricsRegistry()
    /// What the engine was asked.
    let asked = Locked<[InferenceRequest]>([])
    let models: Locked<[ModelStatus]>
    /// What goes wrong with the writes of products; nil: nothing.
    let writeFault = Locked<FailingStore.Fault?>(nil)
    /// How many writes of products there were.
    let writes = Locked(0)
    private let threads = BlockingThreads(name: "test", threads: 4)
    private let registry: OperationRegistry
    let queue: JobQueue
    /// Tells who waits for a job.
    private let hub: EventHub
    private let signal = SilentSignal()
    private let logger: Logger

    static let picturesModel = ModelStatus.ready("pictures", .imageEmbedding, dims: 8)
    static let textsModel = ModelStatus.ready("texts", .textEmbedding, dims: 6)
    static let jointModel = ModelStatus.ready("joint", .imageTextEmbedding, dims: 8)

    /// - Parameters:
    ///   - models: the first serves pictures …
    ///   - productModel: … of products too, unless this names another one.
    ///   - crowd: vectors of the pictures, by their numbers; nil: each is a word.
    init(
        _ models: [ModelStatus] = [picturesModel, textsModel], productModel: String? = nil,
        in folder: TemporaryFolder? = nil, backlog: Int = Limits.scanBacklog, crowd: Crowd? = nil
    ) async throws {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        logger = quiet
        self.folder = try folder ?? TemporaryFolder(.memory)
        store = try SQLiteStore(path: self.folder.file("hearth.db"))
        try await Migrator(Schema.migrations).run(store, now: clock.now())
        blobs = LocalBlobStore(root: self.folder.path, threads: threads)
        queue = JobQueue(store: store, table: JobTable(subjects: Schema.jobSubjects), clock: clock, signal: signal)
        hub = EventHub(store: store, table: queue.table, signal: signal, logger: logger)
        self.models = Locked(models)
        let engine = WordEngine(models: self.models, productModel: productModel, asked: asked, crowd: crowd)
        let cache = TieredCache(memory: MemoryTier(clock: clock, metrics: metrics), lower: [], metrics: metrics)
        let log = try LocalRecordLog(folder: self.folder.file("journal/scans"), logger: logger)
        scans = ScanWriter(store: store, log: log, limit: backlog, metrics: metrics, logger: logger)
        collections = VectorCollections(store: store)
        let (writeFault, writes) = (writeFault, writes)
        products = Products(
            Products.Parts(
                store: FailingStore(store) {
                    writes.withLock { $0 += 1 }
                    return writeFault.withLock { $0 }
                }, blobs: blobs, queue: queue, engine: engine,
                embeddings: EmbeddingService(engine: engine, cache: cache), collections: collections, scans: scans,
                inflater: ZlibInflater(), metrics: metrics, clock: clock,
                waiter: JobWaiter(hub: hub, queue: queue), logger: logger))
        registry = try OperationRegistry(products.operations(), jobs: queue)
    }

    deinit { threads.stop() }

    /// A GIF of one pixel that differs by its colour table: equal numbers, equal bytes.
    static func picture(_ number: Int) -> Data {
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
        try await answer(name, input, attachment: attachment, tenant: tenant).value
    }

    /// - Parameter time: how long the caller waits.
    func answer(
        _ name: String, _ input: JSONValue, attachment: Data? = nil, tenant: Tenant = .local,
        within time: Duration = .seconds(10)
    ) async throws -> OperationAnswer {
        guard let operation = registry[name] else { throw HearthError(.notFound, name) }
        let context = OperationContext(
            principal: Principal(tenant: tenant, permission: max(.write, operation.permission)), requestID: "test",
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
    func upsert(
        _ id: String, picture: Int? = nil, _ fields: JSONValue = [:], tenant: Tenant = .local
    ) async throws -> JSONValue {
        var input = fields
        input["external_id"] = .string(id)
        return try await call(
            "products.upsert", input, attachment: picture.map(Self.picture), tenant: tenant)
    }

    func scan(
        _ picture: Int, _ fields: JSONValue = [:], tenant: Tenant = .local
    ) async throws -> JSONValue {
        try await call("products.quick_scan", fields, attachment: Self.picture(picture), tenant: tenant)
    }

    /// The external ids of an answer's matches.
    func found(_ reply: JSONValue) -> [String] {
        (reply["matches"]?.arrayValue ?? []).compactMap { $0["external_id"]?.stringValue }
    }

    /// Imports a file and reads it to its end.
    @discardableResult
    func importFile(_ file: Data, _ fields: JSONValue = [:]) async throws -> JSONValue {
        let begun = try await call("products.import", fields, attachment: file)
        try await runJobs()
        return try await call("products.imports.get", ["import_id": begun["import_id"] ?? .null])
    }

    /// Runs every claimable job as a worker would, and what these enqueue.
    /// - Parameter kinds: nil: all but the reconciler.
    func runJobs(_ kinds: [String]? = nil) async throws {
        let table = queue.table
        while true {
            var leases: [JobLease] = []
            for lane in [Lane.embed, .media] {
                let request = JobTable.LeaseRequest(
                    lanes: [lane],
                    kinds: kinds ?? ["products.embed", "products.backfill", "products.imports.run"],
                    worker: "test", limit: 100)
                leases += try await store.write { [clock] db in try table.lease(request, in: db, now: clock.now()) }
            }
            if leases.isEmpty { return }
            for lease in leases { try await run(lease) }
            signal.ring()
        }
    }

    /// Leases the jobs of a kind that may run now.
    func lease(
        _ kind: String, by worker: String = "test", lane: Lane = .media, suspects: Bool = false
    ) async throws -> [JobLease] {
        let (table, clock) = (queue.table, clock)
        let request = JobTable.LeaseRequest(
            lanes: [lane], kinds: [kind], worker: worker, limit: 100, suspects: suspects)
        return try await store.write { db in try table.lease(request, in: db, now: clock.now()) }
    }

    /// Runs one attempt; its failure is the job's.
    func run(_ lease: JobLease) async throws {
        let (table, clock) = (queue.table, clock)
        guard let handler = registry.jobHandlers[lease.kind] else { return }
        do {
            let outcome = try await handler.run(lease, JobProgress())
            try await store.write { db in
                guard try table.complete(lease, result: outcome.result, in: db, now: clock.now()) else { return }
                try outcome.commit(db)
            }
        } catch let error as HearthError {
            let failure = JobFailure(kind: .permanent, code: error.code.rawValue, message: error.message)
            try await store.write { db in _ = try table.fail(lease, failure, in: db, now: clock.now()) }
        } catch let failure as JobFailure {
            try await store.write { db in _ = try table.fail(lease, failure, in: db, now: clock.now()) }
        }
    }

    /// Runs one job of a kind, which nobody has enqueued.
    func runJob(_ kind: String, _ input: JSONValue = [:], tenant: Tenant = .local) async throws -> JSONValue? {
        let (lease, table, clock) = (try await begin(kind, input, tenant: tenant), queue.table, clock)
        guard let handler = registry.jobHandlers[kind] else { throw HearthError(.notFound, kind) }
        let outcome = try await handler.run(lease, JobProgress())
        try await store.write { db in
            guard try table.complete(lease, result: outcome.result, in: db, now: clock.now()) else { return }
            try outcome.commit(db)
        }
        return outcome.result
    }

    /// Makes the models of now those that a tenant's products are embedded by, as a backfill does.
    func adoptModels(of tenant: Tenant = .local) async throws -> ProductModels {
        let (lease, table, clock) = (try await begin("products.backfill", tenant: tenant), queue.table, clock)
        let models = try await products.adoptModels(of: tenant, under: lease)
        _ = try await store.write { db in try table.complete(lease, result: nil, in: db, now: clock.now()) }
        return models
    }

    /// Enqueues a job and begins its first attempt.
    private func begin(_ kind: String, _ input: JSONValue = [:], tenant: Tenant) async throws -> JobLease {
        guard let handler = registry.jobHandlers[kind] else { throw HearthError(.notFound, kind) }
        // Before those of the same kind that wait.
        let request = JobRequest(tenant: tenant, kind: kind, plan: handler.plan, input: input, priority: 1_000)
        let leasing = JobTable.LeaseRequest(lanes: [handler.plan.lane], kinds: [kind], worker: "test", limit: 1)
        let (queue, table, clock) = (queue, queue.table, clock)
        let leased = try await store.write { db in
            _ = try queue.enqueue(request, in: db)
            return try table.lease(leasing, in: db, now: clock.now()).first
        }
        guard let lease = leased else { throw HearthError(.notFound, "no job of \(kind)") }
        return lease
    }

    func jobs(_ kind: String) async throws -> [Job] {
        let table = queue.table
        return try await store.read { db in
            try table.list(.init(kind: kind, page: .first(500)), of: .local, in: db).items
        }
    }

    func count(_ table: String) async throws -> Int64 {
        try await store.read { db in try db.value("SELECT COUNT(*) FROM \(verbatim: table)", as: Int64.self) ?? -1 }
    }

    func files(_ folder: String = "products") async throws -> [String] {
        try await blobs.list(folder, after: nil, limit: 1_000)
    }

    /// Takes all steps of deletions that have begun.
    func finishDeletions() async throws {
        try await DeletionUpkeep([products, DeletedCollections(store: store)], logger: logger).finish()
    }

    /// Removes files without a row.
    /// - Returns: how many there were.
    func sweep() async throws -> Int {
        try await FileSweeper(store: store, blobs: blobs, owners: [products], logger: logger).sweep(unnamedFor: .zero)
    }
}

/// Vectors of words: each word is a direction, and a text is the sum of its words. A picture is a word of its bytes,
/// unless it is one of a crowd.
struct WordEngine: InferenceEngine {
    let models: Locked<[ModelStatus]>
    var productModel: String?
    let asked: Locked<[InferenceRequest]>
    let crowd: Crowd?

    func models() async throws -> [ModelStatus] { models.withLock { $0 } }
    func defaultEmbedder() async throws -> ModelStatus? { models.withLock { $0.first } }
    func productEmbedder() async throws -> ModelStatus? {
        models.withLock { models in productModel.map { id in models.first { $0.id == id } } ?? models.first }
    }
    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {}
    func unload(_ model: String) async throws {}

    func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
        try await ScriptedEngine.answers(to: requests) { InferenceAnswer(try vector(for: $0)) }
    }

    private func vector(for request: InferenceRequest) throws -> EmbeddingResult {
        asked.withLock { $0.append(request) }
        let model = models.withLock { models in models.first { $0.id == request.model } }
        guard let model, let dims = model.dims else { throw HearthError(.notFound, "There is no such model.") }
        if let crowd, case .image(let picture) = request.input {
            let colour = picture.bytes.dropFirst(13).prefix(2).map { Int($0) }
            return .of(crowd[colour[0] + colour[1] << 8], by: model)
        }
        var sum = [Float](repeating: 0, count: dims)
        for word in Self.words(of: request.input) {
            var random = RepeatableRandom(seed: word.utf8.reduce(5_381) { ($0 &* 33) ^ UInt64($1) } &+ Self.seed(model))
            for (index, value) in random.unitVector(dims: dims).enumerated() { sum[index] += value }
        }
        let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return .of(sum.map { $0 / length }, by: model)
    }

    private static func words(of input: EmbeddingInput) -> [String] {
        switch input {
        case .image(let picture):
            ["picture \(picture.bytes[picture.bytes.startIndex + 13]) \(picture.bytes[picture.bytes.startIndex + 14])"]
        case .text(let text, _): text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        case .tokens: []
        }
    }

    private static func seed(_ model: ModelStatus) -> UInt64 {
        (model.digest ?? "").utf8.reduce(7) { ($0 &* 31) ^ UInt64($1) }
    }
}

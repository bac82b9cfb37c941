import Foundation
import HearthSQLite
import HearthTesting
import Logging

@testable import HearthCore
@testable import HearthInference

/// A cache of both tiers on a real database, and an engine that counts and may be made to wait or fail.
final class CacheBench: Sendable {
    let folder: TemporaryFolder
    let store: SQLiteStore
    let clock = ManualClock()
    let metrics = MetricsRegistry()
    let database: DatabaseTier
    let cache: TieredCache
    /// What the engine was asked, one list for each call.
    let asked = Locked<[[EmbeddingInput]]>([])
    /// Whether reads, or writes, of the store fail.
    let failsReads: Locked<Bool>
    let failsWrites: Locked<Bool>
    /// What the models are called by now; its digest changes what vectors they make.
    let models = Locked<[ModelStatus]>([
        .ready("pictures", .imageEmbedding, dims: 8), .ready("texts", .textEmbedding, dims: 4),
    ])

    init(_ change: (inout DatabaseTier.Configuration) -> Void = { _ in }) async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("cache.db"))
        try await Migrator(EmbeddingCacheTable.migrations).run(store, now: clock.now())
        var configuration = DatabaseTier.Configuration()
        configuration.writePause = .zero
        change(&configuration)
        let (failsReads, failsWrites) = (Locked(false), Locked(false))
        (self.failsReads, self.failsWrites) = (failsReads, failsWrites)
        let store = FailingStore(self.store, readFails: { failsReads.withLock { $0 } }) {
            failsWrites.withLock { $0 } ? .refused : nil
        }
        let models = models
        database = DatabaseTier(
            store: store, configuration: configuration, clock: clock, metrics: metrics, logger: .quiet
        ) { models.withLock { $0 } }
        cache = TieredCache(
            memory: MemoryTier(clock: clock, metrics: metrics), lower: [database], metrics: metrics)
    }

    /// A cache whose memory is empty, on the same database: what a restart leaves.
    func restarted() -> TieredCache {
        TieredCache(memory: MemoryTier(clock: clock, metrics: metrics), lower: [database], metrics: metrics)
    }

    func metrics(_ tier: String) -> CacheTierMetrics { CacheTierMetrics(metrics, tier: tier) }

    func rows() async throws -> Int {
        let table = EmbeddingCacheTable()
        return try await store.read { db in try table.size(in: db).entries }
    }

    /// - Parameter embedding: asked in place of the engine's own answer when it is given.
    func service(
        _ cache: TieredCache? = nil,
        embedding: (@Sendable (InferenceRequest) async throws -> EmbeddingResult)? = nil
    ) -> EmbeddingService {
        EmbeddingService(engine: CountingEngine(bench: self, embedding: embedding), cache: cache ?? self.cache)
    }

    /// The answer of the model that a request names: it depends on the input's bytes and on the model's digest.
    func answer(_ request: InferenceRequest) throws -> EmbeddingResult {
        guard let model = models.withLock({ $0.first { $0.id == request.model } }) else {
            throw HearthError(.notFound, "There is no such model.")
        }
        let content = ContentHash(request.input, truncates: request.truncates).digest.bytes
        let seed = (content + Data((model.digest ?? "").utf8)).reduce(UInt64(5_381)) { ($0 &* 33) ^ UInt64($1) }
        var random = RepeatableRandom(seed: seed)
        return .of(random.unitVector(dims: model.dims ?? 8), by: model, tokens: 3)
    }

    /// Answers by the bench, and notes each call.
    private struct CountingEngine: InferenceEngine {
        let bench: CacheBench
        let embedding: (@Sendable (InferenceRequest) async throws -> EmbeddingResult)?

        func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>] {
            bench.asked.withLock { $0.append(requests.map(\.input)) }
            return try await ScriptedEngine.answers(to: requests) { [bench, embedding] request in
                if let embedding { return InferenceAnswer(try await embedding(request)) }
                return InferenceAnswer(try bench.answer(request))
            }
        }

        func models() async throws -> [ModelStatus] { bench.models.withLock { $0 } }
        func defaultEmbedder() async throws -> ModelStatus? { bench.models.withLock { $0.first } }
        func productEmbedder() async throws -> ModelStatus? { try await defaultEmbedder() }
        func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {}
        func unload(_ model: String) async throws {}
    }
}

extension EmbeddingService.Options {
    static func of(_ tenant: String = "local", within limit: Duration = .seconds(20)) -> Self {
        Self(tenant: Tenant(rawValue: tenant), deadline: .now + limit)
    }
}

import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthSupervisor
import HearthVectorStore

/// How the server is: health for people and monitors, figures for the curious, and the recycling of workers.
struct SystemOperations {
    let store: any Store
    let queue: JobQueue
    let collections: VectorCollections
    let cache: TieredCache
    let hub: EventHub
    /// One for each role; none when the workers are started by others.
    let supervisors: [WorkerSupervisor]
    let lanes: [Lane]
    let metrics: MetricsRegistry
    /// Whether the data folder can be written.
    var storage: @Sendable () -> StorageCondition = { .writable }
    /// The keys of sealed data; nil where there are none.
    var seals: SealKeys?
    let startedAt = ContinuousClock.now

    /// Runs the workers that answer calls.
    private var supervisor: WorkerSupervisor? { supervisors.first { $0.role == .inference } }

    func all() -> [HearthCore.Operation] {
        [
            Operation(
                .init(
                    "system.health", "How the server, its worker and its models are.",
                    description: """
                        Answers `healthy`, `starting`, `degraded` or `unhealthy`, the state of store, \
                        worker and models, and which features are lost meanwhile.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/system/health"), Route(.get, "/api/anime/health")], tool: "server_status"
                ),
                input: Nothing.self, output: HealthReport.self
            ) { _, context in await health().shown(to: context.principal) },
            Operation(
                .init(
                    "system.stats", "Queue depths, latencies, models, caches, uptime.",
                    description: """
                        Answers queue depths by lane, percentiles of latencies, caches, resident \
                        collections, and the worker's figures since the start, of all tenants together.
                        """,
                    permission: .operate, hints: .reads,
                    routes: [Route(.get, "/api/system/stats")]),
                input: Nothing.self, output: StatsReport.self
            ) { _, _ in try await stats() },
            Operation(
                .init(
                    "system.worker.recycle", "Replace the worker by a fresh one, without a gap.",
                    description: """
                        A fresh worker loads the models first and then takes over; calls and jobs of the \
                        old one end in it.
                        """,
                    permission: .operate, hints: .addsOnce, routes: [Route(.post, "/api/system/worker/recycle")]),
                input: Nothing.self, output: RecycleReport.self
            ) { _, _ in
                guard let supervisor else {
                    throw HearthError(.conflict, "This server runs no worker of its own.")
                }
                supervisor.recycle()
                return RecycleReport(recycling: true)
            },
        ]
    }

    /// Whether every call can be answered now.
    func readiness() async -> (isReady: Bool, reason: String) {
        guard let supervisor else { return (true, "This server runs no worker of its own.") }
        guard let status = await supervisor.status else { return (false, "The worker is starting.") }
        guard let embedder = status.embedder else { return (false, "There is no model for anchors.") }
        return (embedder.state == .ready, "The model \(embedder.id) is \(embedder.state.rawValue).")
    }

    private func health() async -> HealthReport {
        let worker = await supervisor?.status
        let isStoreAlive = (try? await store.read { db in try db.query("SELECT 1 AS one").count }) == 1
        let isPreloaded = worker?.embedder?.state == .ready
        let unmet = await unmetNeeds()
        let lost = losses(worker, unmet, isStoreAlive: isStoreAlive, seals: await seals?.trouble())
        return HealthReport(
            status: !isStoreAlive ? .unhealthy : !lost.isEmpty ? .degraded : isPreloaded ? .healthy : .starting,
            modelPreloaded: isPreloaded, models: worker?.models ?? [],
            memoryMB: megabytes(ProcessMemory.residentBytes), workerMemoryMB: worker.map { megabytes($0.memoryBytes) },
            services: HealthReport.Services(
                store: isStoreAlive ? .up : .down,
                worker: supervisor == nil ? .external : worker == nil ? .starting : .up),
            workers: await workers(), unmetNeeds: unmet, lostFeatures: lost,
            version: Hearth.version)
    }

    /// What does not work now, in words that do not change while it lasts.
    func losses() async -> [String] {
        let isStoreAlive = (try? await store.read { db in try db.query("SELECT 1 AS one").count }) == 1
        return losses(
            await supervisor?.status, await unmetNeeds(), isStoreAlive: isStoreAlive, seals: await seals?.trouble())
    }

    private func losses(
        _ worker: EngineStatus?, _ unmet: [HealthReport.UnmetNeed], isStoreAlive: Bool, seals: HearthError?
    ) -> [String] {
        var lost: [String] = []
        if !isStoreAlive { lost.append("store") }
        if let loss = storage().loss { lost.append(loss) }
        if isStoreAlive, let seals { lost.append("sealed data: \(seals.message)") }
        if !cache.isWhole { lost.append("cache") }
        if supervisor != nil, worker == nil { lost.append("embeddings") }
        if let worker, worker.embedder == nil { lost.append("recall and registration: there is no model for anchors") }
        for need in unmet where need.waitingJobs ?? 0 > 0 { lost.append("jobs that need \(need.need)") }
        for model in worker?.lostModels ?? [] {
            lost.append("model \(model.id): \(model.reason ?? "it could not be loaded")")
        }
        return lost
    }

    /// Each role's worker.
    private func workers() async -> [HealthReport.Worker] {
        var workers: [HealthReport.Worker] = []
        for supervisor in supervisors {
            let (status, restarts) = (await supervisor.status, await supervisor.restarts)
            let lastCrash = await supervisor.lastCrash
            workers.append(
                HealthReport.Worker(
                    role: supervisor.role.rawValue, state: status == nil ? .starting : .up,
                    worker: status?.worker, pid: status?.pid, memoryMB: status.map { megabytes($0.memoryBytes) },
                    restarts: restarts, lastCrash: lastCrash,
                    lanes: lanes.filter { $0.role == supervisor.role }.map(\.name)))
        }
        return workers
    }

    /// What jobs need and no worker has; it is lost only where jobs wait for it.
    private func unmetNeeds() async -> [HealthReport.UnmetNeed] {
        var needs: [HealthReport.UnmetNeed] = []
        for supervisor in supervisors {
            for unmet in await supervisor.status?.unmetNeeds ?? [] {
                let table = queue.table
                let waiting = try? await store.read { db in
                    try table.waiting(
                        kinds: unmet.operations, lanes: unmet.lanes, limit: Limits.countedJobs, in: db)
                }
                needs.append(
                    HealthReport.UnmetNeed(
                        need: unmet.need.description, role: supervisor.role.rawValue, operations: unmet.operations,
                        waitingJobs: waiting))
            }
        }
        return needs
    }

    private func stats() async throws -> StatsReport {
        let table = queue.table
        let depths = try await store.read { db in try table.depths(in: db) }
        var queue: [String: [String: Int]] = [:]
        for lane in lanes { queue[lane.name] = [:] }
        for depth in depths { queue[depth.lane, default: [:]][depth.state] = depth.count }
        let worker = await supervisor?.status
        let residency = await collections.residency
        return StatsReport(
            uptimeSeconds: (ContinuousClock.now - startedAt).fractionalMilliseconds / 1_000, queue: queue,
            latenciesMS: latencies(),
            collections: StatsReport.Collections(
                resident: residency.count, bytes: residency.bytes, byteBudget: Limits.collectionBytes),
            caches: cache.statistics(), models: worker?.models ?? [],
            worker: StatsReport.Worker(
                restarts: await supervisor?.restarts ?? 0, endedJobs: worker?.endedJobs ?? 0),
            eventListeners: hub.listenerCount)
    }

    private func latencies() -> [String: StatsReport.Latency] {
        var latencies: [String: StatsReport.Latency] = [:]
        for (name, snapshot) in metrics.snapshots() where snapshot.count > 0 {
            latencies[name] = StatsReport.Latency(
                count: snapshot.count, p50: snapshot.p50.fractionalMilliseconds,
                p95: snapshot.p95.fractionalMilliseconds, p99: snapshot.p99.fractionalMilliseconds)
        }
        return latencies
    }

    private func megabytes(_ bytes: Int) -> Double { (Double(bytes) / 104_857.6).rounded() / 10 }

    /// Input of operations that take none.
    private struct Nothing: Sendable, Codable {}
}

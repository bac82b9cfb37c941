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
                input: Nothing.self, output: JSONValue.self
            ) { _, _ in await health() },
            Operation(
                .init(
                    "system.stats", "Queue depths, latencies, models, caches, uptime.",
                    description: """
                        Answers queue depths by lane, percentiles of latencies, caches, resident \
                        collections, and the worker's figures since the start.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/system/stats")]),
                input: Nothing.self, output: JSONValue.self
            ) { _, _ in try await stats() },
            Operation(
                .init(
                    "system.worker.recycle", "Replace the worker by a fresh one, without a gap.",
                    description: """
                        A fresh worker loads the models first and then takes over; calls and jobs of the \
                        old one end in it.
                        """,
                    permission: .operate, hints: .addsOnce, routes: [Route(.post, "/api/system/worker/recycle")]),
                input: Nothing.self, output: JSONValue.self
            ) { _, _ in
                guard let supervisor else {
                    throw HearthError(.conflict, "This server runs no worker of its own.")
                }
                supervisor.recycle()
                return ["recycling": true]
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

    private func health() async -> JSONValue {
        let worker = await supervisor?.status
        let isStoreAlive = (try? await store.read { db in try db.query("SELECT 1 AS one").count }) == 1
        let isPreloaded = worker?.embedder?.state == .ready
        var lost: [JSONValue] = []
        if !isStoreAlive { lost.append("store") }
        if !cache.isWhole { lost.append("cache") }
        if supervisor != nil, worker == nil { lost.append("embeddings") }
        let unmet = await unmetNeeds()
        lost += unmet.lost
        for model in worker?.lostModels ?? [] {
            lost.append(.string("model \(model.id): \(model.reason ?? "it could not be loaded")"))
        }
        let models = (worker?.models ?? []).compactMap { try? JSONValueEncoder.encode($0) }
        return [
            "status": .string(
                !isStoreAlive ? "unhealthy" : !lost.isEmpty ? "degraded" : isPreloaded ? "healthy" : "starting"),
            "model_preloaded": .bool(isPreloaded), "models": .array(models),
            "memory_mb": .double(megabytes(ProcessMemory.residentBytes)),
            "worker_memory_mb": worker.map { .double(megabytes($0.memoryBytes)) } ?? .null,
            "services": [
                "store": .string(isStoreAlive ? "up" : "down"),
                "worker": .string(supervisor == nil ? "external" : worker == nil ? "starting" : "up"),
            ],
            "workers": .array(await workers()), "unmet_needs": .array(unmet.needs),
            "lost_features": .array(lost), "version": .string(Hearth.version),
        ]
    }

    /// Each role's worker.
    private func workers() async -> [JSONValue] {
        var workers: [JSONValue] = []
        for supervisor in supervisors {
            let status = await supervisor.status
            workers.append([
                "role": .string(supervisor.role.rawValue), "state": .string(status == nil ? "starting" : "up"),
                "worker": status.map { .string($0.worker) } ?? .null,
                "pid": status.map { .int(Int64($0.pid)) } ?? .null,
                "memory_mb": status.map { .double(megabytes($0.memoryBytes)) } ?? .null,
                "restarts": .int(Int64(await supervisor.restarts)),
                "lanes": .array(lanes.filter { $0.role == supervisor.role }.map { .string($0.name) }),
            ])
        }
        return workers
    }

    /// What jobs need and no worker has, and what is lost by that: only where jobs wait for it.
    private func unmetNeeds() async -> (needs: [JSONValue], lost: [JSONValue]) {
        var (needs, lost): ([JSONValue], [JSONValue]) = ([], [])
        for supervisor in supervisors {
            for unmet in await supervisor.status?.unmetNeeds ?? [] {
                let table = queue.table
                let waiting = try? await store.read { db in
                    try table.waiting(
                        kinds: unmet.operations, lanes: unmet.lanes, limit: Limits.countedJobs, in: db)
                }
                needs.append([
                    "need": .string(unmet.need.description), "role": .string(supervisor.role.rawValue),
                    "operations": .array(unmet.operations.map { .string($0) }),
                    "waiting_jobs": waiting.map { .int(Int64($0)) } ?? .null,
                ])
                if let waiting, waiting > 0 { lost.append(.string("jobs that need \(unmet.need): \(waiting) wait")) }
            }
        }
        return (needs, lost)
    }

    private func stats() async throws -> JSONValue {
        let table = queue.table
        let depths = try await store.read { db in try table.depths(in: db) }
        var lanes = JSONObject()
        for lane in self.lanes { lanes[lane.name] = [:] }
        for depth in depths {
            var lane = lanes[depth.lane] ?? [:]
            lane[depth.state] = .int(Int64(depth.count))
            lanes[depth.lane] = lane
        }
        let worker = await supervisor?.status
        let residency = await collections.residency
        return [
            "uptime_seconds": .double((ContinuousClock.now - startedAt).fractionalMilliseconds / 1_000),
            "queue": .object(lanes),
            "latencies_ms": .object(latencies()),
            "collections": [
                "resident": .int(Int64(residency.count)), "bytes": .int(Int64(residency.bytes)),
                "byte_budget": .int(Int64(Limits.collectionBytes)),
            ],
            "caches": .object(cache.statistics()),
            "models": .array((worker?.models ?? []).compactMap { try? JSONValueEncoder.encode($0) }),
            "worker": [
                "restarts": .int(Int64(await supervisor?.restarts ?? 0)),
                "ended_jobs": .int(Int64(worker?.endedJobs ?? 0)),
            ],
            "event_listeners": .int(Int64(hub.listenerCount)),
        ]
    }

    private func latencies() -> JSONObject {
        var latencies = JSONObject()
        for (name, snapshot) in metrics.snapshots() where snapshot.count > 0 {
            latencies[name] = [
                "count": .int(Int64(snapshot.count)), "p50": .double(snapshot.p50.fractionalMilliseconds),
                "p95": .double(snapshot.p95.fractionalMilliseconds),
                "p99": .double(snapshot.p99.fractionalMilliseconds),
            ]
        }
        return latencies
    }

    private func megabytes(_ bytes: Int) -> Double { (Double(bytes) / 104_857.6).rounded() / 10 }

    /// Input of operations that take none.
    private struct Nothing: Sendable, Codable {}
}

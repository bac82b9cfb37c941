import Foundation
import HearthCore
import HearthHTTP
import HearthInference
import HearthJobs
import HearthSQLite
import HearthSupervisor
import HearthTesting
import HearthWorkerLink
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit

/// A supervisor over a folder of its own, whose workers are shell scripts that note their start and wait for their end.
struct SupervisorBench: Sendable {
    let queue: QueueBench
    let client: WorkerClient
    let supervisor: WorkerSupervisor
    let suspects: SuspectSupervisor
    private let folder: DataFolder
    private let temporary: TemporaryFolder

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameters:
    ///   - executable: what is started as worker; nil: the script.
    ///   - drains: whether workers note that they were asked to end, and end then by themselves.
    ///   - patience: how long workers may be silent; the scripts never answer.
    init(
        executable: String? = nil, drains: Bool = false, patience: WorkerPatience = WorkerPatience()
    ) async throws {
        temporary = try TemporaryFolder()
        folder = DataFolder(temporary.path)
        try folder.make()
        queue = try await QueueBench(SQLiteStore(path: folder.database))
        let script = temporary.file("worker.sh")
        // `cat` ends when it is told to, or when its input does because the server is gone.
        try """
        #!/bin/sh
        echo "$HEARTH_WORKER_ID $$" >> "$HEARTH_DATA/started"
        if [ -e "$HEARTH_DATA/broken" ]; then exit 1; fi
        \(drains ? Self.draining : "exec cat > /dev/null")
        """.write(toFile: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script)
        let path = folder.path
        // Last, because it must be shut down.
        client = WorkerClient()
        let settings: @Sendable (String) -> WorkerSettings = { worker in
            WorkerSettings(
                worker: worker, dataFolder: path, modelRoots: [], anchorModel: nil, precision: "auto",
                allowsNonCommercial: false, logLevel: "error")
        }
        suspects = SuspectSupervisor(
            role: .media, lanes: [.embed, .media], folder: folder, executable: executable ?? script,
            settings: settings, patience: patience, client: client, queue: queue.queue, logger: Self.quiet)
        supervisor = WorkerSupervisor(
            folder: folder, executable: executable ?? script, settings: settings,
            limits: .init(jobs: 0, memoryBytes: 0), patience: patience, client: client, queue: queue.queue,
            logger: Self.quiet)
    }

    /// The shell runs a trap while it waits, and not while a program is in the foreground.
    static let draining = """
        trap 'echo "$HEARTH_WORKER_ID $$" >> "$HEARTH_DATA/asked"; exit 0' TERM
        echo "$HEARTH_WORKER_ID $$" >> "$HEARTH_DATA/trapped"
        exec 3<&0
        cat <&3 > /dev/null &
        wait $!
        """

    /// Runs a supervisor beside the body and cancels it after, as a group of services does when one of them fails.
    func runUntilCancelled(_ body: @Sendable () async throws -> Void) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await supervisor.run() }
                defer { group.cancelAll() }
                try await body()
            }
        } catch {
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
    }

    /// Runs a supervisor beside the body and ends it gracefully after.
    /// - Parameter withSuspects: Whether the one for suspects runs too.
    func run(withSuspects: Bool = false, _ body: @Sendable () async throws -> Void) async throws {
        do {
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await supervisor.run() }
                    if withSuspects { group.addTask { try await suspects.run() } }
                    defer { trigger.triggerGracefulShutdown() }
                    try await body()
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
            }
        } catch {
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
    }

    /// Whether workers end as soon as they are started.
    func breakWorkers(_ isBroken: Bool) throws {
        let mark = temporary.file("broken")
        if isBroken { try Data().write(to: URL(fileURLWithPath: mark)) } else { unlink(mark) }
    }

    /// The workers that were started so far, in order.
    func startedWorkers() throws -> [(worker: String, pid: pid_t)] { workers(noted: "started") }

    /// Those that can be asked to end.
    func drainingWorkers() -> [(worker: String, pid: pid_t)] { workers(noted: "trapped") }

    /// Those that were asked to end.
    func askedWorkers() -> [(worker: String, pid: pid_t)] { workers(noted: "asked") }

    private func workers(noted name: String) -> [(worker: String, pid: pid_t)] {
        let text = (try? String(contentsOfFile: temporary.file(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let pid = pid_t(words[1]) else { return nil }
            return (String(words[0]), pid)
        }
    }

    /// Waits until so many workers were started, and returns the last of those.
    /// - Parameter suspects: Whether those for suspects are meant, instead of those that are always there.
    func started(_ count: Int, suspects: Bool = false) async throws -> (worker: String, pid: pid_t) {
        func those() throws -> [(worker: String, pid: pid_t)] {
            try startedWorkers().filter { $0.worker.contains("-s") == suspects }
        }
        try await eventually("worker \(count) is started") { try those().count >= count }
        return try those()[count - 1]
    }

    /// Leases what a process for suspects would, of all lanes.
    func lease(asSuspect worker: String) async throws -> JobLease? {
        let request = JobTable.LeaseRequest(
            lanes: [.embed, .media], kinds: ["k", "import"], worker: worker, limit: 1, suspects: true)
        let (table, now) = (queue.table, queue.clock.now())
        return try await queue.store.write { db in try table.lease(request, in: db, now: now) }.first
    }

    /// What a worker would answer by: it has no model, so that all of its models are ready.
    func door(of worker: String) -> any Service {
        WorkerServer(engine: ScriptedEngine()) {
            EngineStatus(worker: worker, pid: 1, models: [], defaultEmbedder: nil, memoryBytes: 0, endedJobs: 0)
        }.service(socket: folder.socket(of: worker), logger: Self.quiet)
    }
}

import Foundation
package import HearthCore
package import HearthInference
package import HearthJobs
package import HearthWorkerLink
package import Logging
import ServiceLifecycle

/// Keeps one worker of a role running: starts it, watches it, restarts it, replaces it by a fresh one.
package actor WorkerSupervisor: Service {
    /// What makes a worker old.
    package struct RecyclingLimits: Sendable {
        /// Ended jobs; 0: no limit.
        package var jobs: Int
        /// Resident bytes; 0: no limit.
        package var memoryBytes: Int

        /// When a worker is old.
        ///
        /// - Parameters:
        ///   - jobs: ended jobs; 0: no limit.
        ///   - memoryBytes: resident bytes; 0: no limit.
        package init(jobs: Int, memoryBytes: Int) {
            self.jobs = jobs
            self.memoryBytes = memoryBytes
        }
    }

    private enum Event {
        case exited(String, WorkerEnd, lifetime: Duration)
        case ready(String)
        case recycle(mustBeNewer: Bool)
        case stop
    }

    /// What its workers are for. Calls of the doors go to those of the role `inference`.
    package nonisolated let role: WorkerRole
    private let folder: DataFolder
    private let executable: String
    private let settings: @Sendable (String) -> WorkerSettings
    private let limits: RecyclingLimits
    private let patience: WorkerPatience
    private let client: WorkerClient
    private let queue: JobQueue
    private let logger: Logger
    private let events: AsyncStream<Event>
    private let send: AsyncStream<Event>.Continuation
    private var machine: SupervisorMachine
    private var processes: [String: WorkerProcess] = [:]
    private var newest: EngineStatus?
    /// What a fresh worker said while it was on its way: known at once when it takes over.
    private var candidateStatus: EngineStatus?
    /// Workers that ended without having been asked to.
    package private(set) var restarts = 0
    /// The last end of a worker by its own doing; nil: there was none.
    package private(set) var lastCrash: WorkerCrash?

    /// A supervisor that starts nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - executable: path of `hearth-worker`.
    ///   - settings: what the worker of this name is started with.
    package init(
        role: WorkerRole = .inference, folder: DataFolder, executable: String,
        settings: @escaping @Sendable (String) -> WorkerSettings,
        limits: RecyclingLimits, patience: WorkerPatience = WorkerPatience(), client: WorkerClient, queue: JobQueue,
        logger: Logger
    ) {
        self.patience = patience
        self.role = role
        self.folder = folder
        self.executable = executable
        self.settings = settings
        self.limits = limits
        self.client = client
        self.queue = queue
        self.logger = logger
        (events, send) = AsyncStream.makeStream()
        machine = SupervisorMachine(prefix: WorkerNames.prefix(of: folder, sort: WorkerNames.letters(of: role)))
    }

    /// Names of the processes that run now, or are about to.
    package var liveWorkers: Set<String> { Set(processes.keys) }

    /// What the current worker said last; nil while none has answered.
    package var status: EngineStatus? { newest }

    /// Asks for a fresh worker; returns at once.
    package nonisolated func recycle() { send.yield(.recycle(mustBeNewer: true)) }

    /// Keeps a worker running until the server stops or gives up, and returns when its last process has ended.
    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            // In a task of its own, which is not cancelled: workers are asked to end and waited for in both cases.
            await Task { await supervise() }.value
        } onCancelOrGracefulShutdown: {
            self.send.yield(.stop)
        }
    }

    private func supervise() async {
        await withDiscardingTaskGroup { group in
            for action in machine.start() { await perform(action, in: &group) }
            for await event in events {
                for action in handle(event) { await perform(action, in: &group) }
                if case .stop = event { break }
            }
            await endAll()
            group.cancelAll()
        }
    }

    private func handle(_ event: Event) -> [SupervisorMachine.Action] {
        switch event {
        case .exited(let worker, let end, let lifetime):
            processes[worker] = nil
            if case .crash(let reason) = end { lastCrash = WorkerCrash(reason: reason, at: queue.clock.now()) }
            if worker == machine.current {
                newest = nil
                restarts += 1
                logger.log(
                    level: end.isAskedFor ? .notice : .warning, "The worker has ended; a new one is started",
                    metadata: ["worker": "\(worker)", "end": "\(end)"])
            }
            return machine.exited(worker, after: lifetime, isCrash: end.isCrash)
        case .ready(let worker):
            return machine.becameReady(worker)
        case .recycle(let mustBeNewer):
            return machine.recycle(mustBeNewer: mustBeNewer)
        case .stop:
            return machine.stop()
        }
    }

    private func perform(_ action: SupervisorMachine.Action, in group: inout DiscardingTaskGroup) async {
        switch action {
        case .launch(let worker, let delay):
            let process = WorkerProcess(settings: settings(worker), executable: executable)
            processes[worker] = process
            group.addTask { await self.live(worker, process, after: delay) }
            group.addTask { await self.watch(worker, process) }
        case .use(let worker):
            if role == .inference { client.use(socket: worker.map(folder.socket(of:))) }
            if let status = candidateStatus, status.worker == worker { learn(status) }
            candidateStatus = nil
        case .drain(let worker):
            processes[worker]?.signal(SIGTERM)
            group.addTask { await self.killAfterDrain(worker) }
        case .reclaim(let worker):
            await giveBack(worker) { try await $0.crashWorker(worker) }
        case .release(let worker):
            await giveBack(worker) { try await $0.releaseWorker(worker) }
        }
    }

    /// Runs a worker to its end.
    private func live(_ worker: String, _ process: WorkerProcess, after delay: Duration) async {
        let start = ContinuousClock.now
        var end = WorkerEnd.well
        do {
            try await Task.sleep(for: delay)
            end = try await process.run()
        } catch is CancellationError {
            return
        } catch {
            logger.error(
                "The worker cannot be started", metadata: ["program": "\(executable)", "error": "\(error)"])
        }
        folder.removeTraces(of: worker)
        send.yield(.exited(worker, end, lifetime: ContinuousClock.now - start - delay))
    }

    /// Asks a worker how it is: often while its models load, then once a second.
    private func watch(_ worker: String, _ process: WorkerProcess) async {
        let socket = folder.socket(of: worker)
        var isSettled = false
        var silence = SilenceWatch(process, patience)
        while processes[worker] != nil, !Task.isCancelled {
            if let status = try? await client.status(of: socket) {
                silence.noteAnswer()
                if worker == machine.current {
                    learn(status)
                } else if worker == machine.candidate {
                    candidateStatus = status
                }
                if !isSettled, status.isSettled {
                    isSettled = true
                    send.yield(.ready(worker))
                }
                if worker == machine.current, isOld(status) { send.yield(.recycle(mustBeNewer: false)) }
            } else if silence.isTooLong {
                logger.error("The worker does not answer; it is killed", metadata: ["worker": "\(worker)"])
                process.signal(SIGKILL)
                return
            }
            try? await Task.sleep(for: isSettled ? .seconds(1) : .milliseconds(20))
        }
    }

    /// Takes what the current worker says.
    private func learn(_ status: EngineStatus) {
        newest = status
        if role == .inference { client.note(status) }
    }

    /// Pictures and videos begin again when their process ends: it is replaced between them, as long as it has not
    /// twice the memory that it may have.
    private func isOld(_ status: EngineStatus) -> Bool {
        let isFull = limits.memoryBytes > 0 && status.memoryBytes >= limits.memoryBytes
        let isOver = isFull || (limits.jobs > 0 && status.endedJobs >= limits.jobs)
        guard role == .media, status.runningJobs > 0 else { return isOver }
        return isFull && status.memoryBytes / 2 >= limits.memoryBytes
    }

    private func killAfterDrain(_ worker: String) async {
        try? await Task.sleep(for: Limits.drain)
        processes[worker]?.signal(SIGKILL)
    }

    private func giveBack(_ worker: String, _ body: (JobQueue) async throws -> Int) async {
        do {
            let count = try await body(queue)
            if count > 0 { logger.notice("A worker's jobs came back", metadata: ["count": "\(count)"]) }
        } catch {
            // Their leases run out, and the upkeep finds them.
            logger.warning("A worker's jobs could not be given back", metadata: ["error": "\(error)"])
        }
    }

    /// Waits for the workers that were asked to end; those that do not are killed.
    private func endAll() async {
        let deadline = ContinuousClock.now + Limits.drain
        while !processes.isEmpty, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
            for (worker, process) in processes where process.hasEnded {
                processes[worker] = nil
                for action in machine.exited(worker, after: .zero, isCrash: false) {
                    if case .release(let name) = action { await giveBack(name) { try await $0.releaseWorker(name) } }
                }
            }
        }
        for (worker, process) in processes {
            process.signal(SIGKILL)
            await giveBack(worker) { try await $0.releaseWorker(worker) }
        }
    }
}

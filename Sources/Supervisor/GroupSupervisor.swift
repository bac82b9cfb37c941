import Foundation
package import HearthCore
package import HearthInference
package import HearthWorkerLink
package import Logging
import ServiceLifecycle

/// Runs a worker process for each group of models that is not always in memory: started by the first call, ended when
/// it was not used for its keep-alive time, or when another group needs the memory.
///
/// A group's worker decides by itself that it is idle and ends; what it held is given back by the kernel.
package actor GroupSupervisor: Service {
    private struct Member {
        let process: WorkerProcess
        let worker: String
        let started = ContinuousClock.now
        var isReady = false
        /// When it was asked to end.
        var leaving: ContinuousClock.Instant?
    }

    /// Workers of a group that died one after the other.
    private struct Deaths {
        var count = 0
        /// The next one is not started before.
        var pause = ContinuousClock.now
    }

    private let folder: DataFolder
    private let executable: String
    private let settings: @Sendable (_ worker: String, _ group: String) -> WorkerSettings
    private let patience: WorkerPatience
    private let client: WorkerClient
    private let logger: Logger
    private let launches: AsyncStream<(group: String, worker: String, process: WorkerProcess)>
    private let launch: AsyncStream<(group: String, worker: String, process: WorkerProcess)>.Continuation
    private var broker: MemoryBroker
    private var members: [String: Member] = [:]
    private var deaths: [String: Deaths] = [:]
    /// Calls that wait for each group.
    private var callers: [String: Int] = [:]
    private var count = 0
    private var isStopping = false

    /// - Parameter memoryBytes: For all groups together.
    package init(
        folder: DataFolder, executable: String, memoryBytes: Int,
        settings: @escaping @Sendable (_ worker: String, _ group: String) -> WorkerSettings,
        patience: WorkerPatience = WorkerPatience(), client: WorkerClient, logger: Logger
    ) {
        self.patience = patience
        self.folder = folder
        self.executable = executable
        self.settings = settings
        self.client = client
        self.logger = logger
        broker = MemoryBroker(budget: memoryBytes)
        (launches, launch) = AsyncStream.makeStream()
    }

    /// Names of the processes that run now.
    package var liveWorkers: Set<String> { Set(members.values.map(\.worker)) }

    /// Starts the workers of model groups when they are asked for, until the server stops or gives up; returns when the
    /// last of them has ended.
    package func run() async throws {
        client.startGroups { [weak self] group, deadline in
            guard let self else { throw HearthError(.modelNotReady, "The server stops.", retryAfter: 1) }
            return try await self.socket(of: group, until: deadline)
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            // In a task of its own, which is not cancelled: workers are asked to end and waited for in both cases.
            await Task { await supervise() }.value
        } onCancelOrGracefulShutdown: {
            self.launch.finish()
        }
    }

    private func supervise() async {
        await withDiscardingTaskGroup { tasks in
            for await (group, worker, process) in launches {
                tasks.addTask { await self.live(group, worker, process) }
                tasks.addTask { await self.watch(group, worker) }
            }
            await endAll()
        }
    }

    /// The socket of a group's worker, which is started when there is none and there is memory for it.
    /// - Throws: ``HearthError`` `model_not_ready` when that does not come about before the deadline.
    private func socket(of group: String, until deadline: ContinuousClock.Instant) async throws -> String {
        let bytes = try await Self.expectedBytes(of: group, client)
        callers[group, default: 0] += 1
        defer { callerLeft(group) }
        while !isStopping {
            if let socket = try look(after: group, bytes: bytes, until: deadline) { return socket }
            guard ContinuousClock.now + Limits.groupPoll < deadline else {
                throw HearthError(
                    .modelNotReady, "The models of the group \(group) are not in memory yet.",
                    hint: "They are being loaded, or others are using the memory.", retryAfter: 2)
            }
            try await Task.sleep(for: Limits.groupPoll)
        }
        throw HearthError(.modelNotReady, "The server stops.", retryAfter: 1)
    }

    /// Does what can be done now for a group that a call waits for; its socket when its worker answers.
    private func look(after group: String, bytes: Int, until deadline: ContinuousClock.Instant) throws -> String? {
        if let deaths = deaths[group], members[group] == nil, deaths.pause > .now {
            guard deaths.pause < deadline else {
                throw HearthError(
                    .modelNotReady,
                    "The worker of the group \(group) has ended \(counted(deaths.count, "time")) in a row.",
                    hint: "The log says why.", retryAfter: max(1, Int((deaths.pause - .now).components.seconds)))
            }
            return nil
        }
        switch broker.request(group, bytes: bytes) {
        case .start: start(group)
        case .resident:
            if let member = members[group], member.isReady { return folder.socket(of: member.worker) }
        case .evict(let others):
            for other in others { evict(other, for: group) }
        case .wait: break
        case .never:
            throw HearthError(
                .modelNotReady, "The models of the group \(group) need \(bytes >> 20) MB.",
                hint: "All models of model groups together may use \(broker.budget >> 20) MB (--model-memory).",
                retryAfter: 60)
        }
        return nil
    }

    private func callerLeft(_ group: String) {
        callers[group, default: 1] -= 1
        guard callers[group] == 0 else { return }
        callers[group] = nil
        broker.gaveUp(group)
    }

    private func evict(_ group: String, for other: String) {
        logger.notice(
            "A model group is unloaded to free memory for another.",
            metadata: ["group": "\(group)", "for": "\(other)"])
        members[group]?.leaving = .now
        members[group]?.process.signal(SIGTERM)
        // Calls that come now wait for the next worker instead of being refused by this one.
        client.use(socket: nil, group: group)
    }

    /// Weights, read and compiled, and what the process itself takes.
    private static func expectedBytes(of group: String, _ client: WorkerClient) async throws -> Int {
        let weights = try await client.models().filter { $0.group == group }.reduce(0) { $0 + $1.weightBytes }
        return weights * 3 / 2 + Limits.workerBaseBytes
    }

    private func start(_ group: String) {
        count += 1
        let worker = "\(WorkerNames.prefix(of: folder, sort: "g"))\(count)"
        let process = WorkerProcess(settings: settings(worker, group), executable: executable)
        members[group] = Member(process: process, worker: worker)
        logger.info("Models are loaded on demand.", metadata: ["group": "\(group)", "worker": "\(worker)"])
        if case .terminated = launch.yield((group, worker, process)) {
            // The server stops: the worker would not be run.
            members[group] = nil
            broker.left(group)
        }
    }

    /// Runs a group's worker to its end.
    private func live(_ group: String, _ worker: String, _ process: WorkerProcess) async {
        var end: WorkerEnd?
        do {
            end = try await process.run()
        } catch {
            logger.error(
                "A worker cannot be started", metadata: ["program": "\(executable)", "error": "\(error)"])
        }
        client.use(socket: nil, group: group)
        folder.removeTraces(of: worker)
        if let member = members.removeValue(forKey: group) { noteEnd(of: group, member, end) }
        broker.left(group)
    }

    /// Puts off the next worker of a group whose workers die.
    /// - Parameter end: nil: it could not be started.
    private func noteEnd(of group: String, _ member: Member, _ end: WorkerEnd?) {
        let lived = ContinuousClock.now - member.started
        let wasHealthy = member.isReady && (end == .well || lived >= Limits.healthyWorker)
        // A signal that asks for the end says nothing about the worker; exit 0 before it was ready does.
        let isAskedFor = end != .well && end?.isAskedFor == true
        guard !wasHealthy, !isAskedFor, member.leaving == nil, !isStopping else {
            deaths[group] = nil
            return
        }
        let count = (deaths[group]?.count ?? 0) + 1
        deaths[group] = Deaths(count: count, pause: .now + Limits.restartBackoff.pause(after: count))
        logger.warning("A worker has ended.", metadata: ["group": "\(group)", "times": "\(count)"])
    }

    /// Asks a group's worker how it is, until it has ended.
    private func watch(_ group: String, _ worker: String) async {
        let socket = folder.socket(of: worker)
        guard let process = members[group]?.process else { return }
        var silence = SilenceWatch(process, patience)
        while let member = members[group], member.worker == worker, !Task.isCancelled {
            if let leaving = member.leaving, ContinuousClock.now - leaving > Limits.drain {
                logger.error("A worker does not end; it is killed", metadata: ["worker": "\(worker)"])
                member.process.signal(SIGKILL)
                return
            }
            if let status = try? await client.status(of: socket) {
                silence.noteAnswer()
                noteStatus(status, of: group, worker)
            } else if silence.isTooLong {
                logger.error("A worker does not answer; it is killed", metadata: ["worker": "\(worker)"])
                member.process.signal(SIGKILL)
                return
            }
            try? await Task.sleep(for: silence.hasAnswered ? Limits.keeperInterval : Limits.groupPoll)
        }
    }

    private func noteStatus(_ status: EngineStatus, of group: String, _ worker: String) {
        guard members[group]?.worker == worker else { return }
        broker.note(group, bytes: status.memoryBytes, idle: Self.idleTime(of: status))
        guard members[group]?.leaving == nil else { return }
        if members[group]?.isReady == false {
            members[group]?.isReady = true
            client.use(socket: folder.socket(of: worker), group: group)
        }
        client.note(status, group: group)
    }

    /// How long a worker's models were not used; nil: they are in use, being loaded or being unloaded.
    private static func idleTime(of status: EngineStatus) -> Duration? {
        let isBusy = status.models.contains { !$0.state.isSettled || $0.waiting ?? 0 > 0 }
        guard !isBusy, status.models.contains(where: { $0.state != .absent }) else { return nil }
        let idle = status.models.compactMap(\.idleMilliseconds).min()
        // Models that could not be loaded are ignored here.
        return idle.map { .milliseconds(Int64($0)) } ?? .seconds(3_600)
    }

    /// Asks all workers to end; those that do not are killed.
    private func endAll() async {
        isStopping = true
        for member in members.values { member.process.signal(SIGTERM) }
        let deadline = ContinuousClock.now + Limits.drain
        while !members.isEmpty, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
        for member in members.values { member.process.signal(SIGKILL) }
    }
}

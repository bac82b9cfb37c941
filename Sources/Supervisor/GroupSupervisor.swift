import Foundation
package import HearthCore
package import HearthWorkerClient
package import Logging
import ServiceLifecycle

/// Runs a worker process for each group of models that is not always in memory: started by the first call, ended when
/// nobody has wanted it for as long as it is kept, or when another group needs the memory.
///
/// A group's worker decides by itself that it is idle and ends; what it held is given back by the kernel.
package actor GroupSupervisor: Service {
    private struct Member {
        let process: WorkerProcess
        let worker: String
        var isReady = false
    }

    private let folder: DataFolder
    private let executable: String
    private let settings: @Sendable (_ worker: String, _ group: String) -> WorkerSettings
    private let client: WorkerClient
    private let logger: Logger
    private let launches: AsyncStream<(group: String, worker: String, process: WorkerProcess)>
    private let launch: AsyncStream<(group: String, worker: String, process: WorkerProcess)>.Continuation
    private var broker: MemoryBroker
    private var members: [String: Member] = [:]
    private var count = 0
    private var isStopping = false

    /// - Parameter memoryBytes: For all groups together.
    package init(
        folder: DataFolder, executable: String, memoryBytes: Int,
        settings: @escaping @Sendable (_ worker: String, _ group: String) -> WorkerSettings, client: WorkerClient,
        logger: Logger
    ) {
        self.folder = folder
        self.executable = executable
        self.settings = settings
        self.client = client
        self.logger = logger
        broker = MemoryBroker(budget: memoryBytes)
        (launches, launch) = AsyncStream.makeStream()
    }

    package func run() async throws {
        client.startGroups { [weak self] group, deadline in
            guard let self else { throw HearthError(.modelNotReady, "The server stops.", retryAfter: 1) }
            return try await self.socket(of: group, until: deadline)
        }
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { tasks in
                for await (group, worker, process) in launches {
                    tasks.addTask { await self.live(group, worker, process) }
                    tasks.addTask { await self.watch(group, worker) }
                }
                await self.endAll()
            }
        } onGracefulShutdown: {
            self.launch.finish()
        }
    }

    /// The socket of a group's worker, which is started when there is none and there is memory for it.
    /// - Throws: ``HearthError`` `model_not_ready`, `overloaded` when all memory stays in use until the deadline.
    private func socket(of group: String, until deadline: ContinuousClock.Instant) async throws -> String {
        let bytes = try await Self.expectedBytes(of: group, client)
        while !isStopping {
            switch broker.request(group, bytes: bytes) {
            case .start: start(group, bytes: bytes)
            case .resident:
                if let member = members[group], member.isReady { return folder.socket(of: member.worker) }
            case .evict(let others):
                for other in others {
                    logger.notice(
                        "Models leave memory for others.", metadata: ["group": "\(other)", "for": "\(group)"])
                    members[other]?.process.signal(SIGTERM)
                }
            case .wait: break
            case .never:
                throw HearthError(
                    .modelNotReady, "The models of the group \(group) need \(bytes >> 20) MB.",
                    hint: "All models that come and go may take \(broker.budget >> 20) MB (--model-memory).",
                    retryAfter: 60)
            }
            guard ContinuousClock.now + Limits.groupPoll < deadline else {
                throw HearthError(
                    .modelNotReady, "The models of the group \(group) are not in memory yet.",
                    hint: "They are being loaded, or others are using the memory.", retryAfter: 2)
            }
            try await Task.sleep(for: Limits.groupPoll)
        }
        throw HearthError(.modelNotReady, "The server stops.", retryAfter: 1)
    }

    /// Weights, read and compiled, and what the process itself takes.
    private static func expectedBytes(of group: String, _ client: WorkerClient) async throws -> Int {
        let weights = try await client.models().filter { $0.group == group }.reduce(0) { $0 + $1.weightBytes }
        return weights * 3 / 2 + Limits.workerBaseBytes
    }

    private func start(_ group: String, bytes: Int) {
        count += 1
        let worker = "\(WorkerSupervisor.prefix)\(getpid())-g\(count)"
        let process = WorkerProcess(settings: settings(worker, group), executable: executable)
        members[group] = Member(process: process, worker: worker)
        logger.info("Models are loaded on demand.", metadata: ["group": "\(group)", "worker": "\(worker)"])
        launch.yield((group, worker, process))
    }

    /// Runs a group's worker to its end.
    private func live(_ group: String, _ worker: String, _ process: WorkerProcess) async {
        do {
            try await process.run()
        } catch {
            logger.error(
                "A worker cannot be started", metadata: ["program": "\(executable)", "error": "\(error)"])
        }
        client.use(socket: nil, group: group)
        unlink(folder.socket(of: worker))
        unlink("\(folder.run)/\(worker).wake")
        members[group] = nil
        broker.left(group)
    }

    /// Asks a group's worker how it is, until it has ended.
    private func watch(_ group: String, _ worker: String) async {
        let socket = folder.socket(of: worker)
        var answered: ContinuousClock.Instant?
        while let member = members[group], member.worker == worker, !Task.isCancelled {
            if let status = try? await client.status(of: socket) {
                answered = .now
                noteStatus(status, of: group, worker)
            } else if let last = answered, ContinuousClock.now - last > Limits.workerSilence {
                logger.error("A worker does not answer any more; it is killed", metadata: ["worker": "\(worker)"])
                member.process.signal(SIGKILL)
                return
            }
            try? await Task.sleep(for: answered == nil ? Limits.groupPoll : Limits.keeperInterval)
        }
    }

    private func noteStatus(_ status: EngineStatus, of group: String, _ worker: String) {
        guard members[group]?.worker == worker else { return }
        let isIdle = status.isSettled && status.models.allSatisfy { $0.waiting == 0 && ($0.idleMilliseconds ?? 1) > 0 }
        broker.note(group, bytes: status.memoryBytes, isIdle: isIdle)
        if members[group]?.isReady == false {
            members[group]?.isReady = true
            client.use(socket: folder.socket(of: worker), group: group)
        }
        client.note(status, group: group)
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

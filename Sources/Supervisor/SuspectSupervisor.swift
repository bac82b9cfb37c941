import Foundation
package import HearthCore
package import HearthInference
package import HearthJobs
package import HearthWorkerLink
package import Logging
import ServiceLifecycle

/// Tries the jobs that were there when a worker of a role crashed, one after the other, in a process of their own.
///
/// The process is started when such a job may run, and ended when there is none left. Nothing else runs in it: when it
/// crashes, the job that it held is the reason, and the lanes of the other jobs are never held up.
package struct SuspectSupervisor: Service {
    private let role: WorkerRole
    private let lanes: [Lane]
    private let folder: DataFolder
    private let executable: String
    private let settings: @Sendable (String) -> WorkerSettings
    private let patience: WorkerPatience
    private let client: WorkerClient
    private let queue: JobQueue
    private let logger: Logger
    /// The process that runs now.
    private let live = Locked<String?>(nil)

    /// - Parameters:
    ///   - lanes: Those of the role.
    ///   - settings: Of a worker by its name; that it is for suspects is added here.
    package init(
        role: WorkerRole, lanes: [Lane], folder: DataFolder, executable: String,
        settings: @escaping @Sendable (String) -> WorkerSettings, patience: WorkerPatience = WorkerPatience(),
        client: WorkerClient, queue: JobQueue, logger: Logger
    ) {
        self.patience = patience
        self.role = role
        self.lanes = lanes
        self.folder = folder
        self.executable = executable
        self.settings = settings
        self.client = client
        self.queue = queue
        self.logger = logger
    }

    /// Name of the process that runs now.
    package var liveWorkers: Set<String> { Set([live.withLock { $0 }].compactMap(\.self)) }

    /// Starts a process whenever a suspect waits, one at a time, until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var (count, failures) = (0, 0)
            while (try? await Task.sleep(for: Limits.suspectInterval)) != nil {
                guard (try? await queue.hasSuspects(in: lanes)) == true else { continue }
                count += 1
                let end = await runProcess(number: count)
                failures = end == .well ? 0 : failures + 1
                // A process that cannot stay up is not started again and again; the first time it may be a job's fault.
                guard failures > 1 else { continue }
                try? await Task.sleep(for: Limits.restartBackoff.pause(after: failures - 1))
            }
        }
    }

    /// Runs one process until no suspect is left, it dies, or this task is cancelled; gives back what it held.
    private func runProcess(number: Int) async -> WorkerEnd {
        let worker = "\(WorkerNames.prefix(of: folder, sort: "s" + WorkerNames.letters(of: role)))\(number)"
        var settings = self.settings(worker)
        settings.isForSuspects = true
        let process = WorkerProcess(settings: settings, executable: executable)
        live.withLock { $0 = worker }
        defer { live.withLock { $0 = nil } }
        logger.notice("Jobs that were there when a worker crashed run alone", metadata: ["worker": "\(worker)"])
        let end = await withTaskGroup(of: WorkerEnd?.self) { group in
            // Not cancelled with this task: the process is asked to end, and waited for.
            let running = Task { try await process.run() }
            group.addTask {
                do {
                    return try await running.value
                } catch {
                    logger.error(
                        "A worker cannot be started", metadata: ["program": "\(executable)", "error": "\(error)"])
                    return .endedFromOutside("not started")
                }
            }
            group.addTask {
                await watch(worker, process)
                return nil
            }
            var end = WorkerEnd.well
            for await result in group {
                guard let result else { continue }
                end = result
                group.cancelAll()
            }
            return end
        }
        folder.removeTraces(of: worker)
        // In a task of its own, because what was held is given back after a cancellation too.
        await Task { await giveBack(worker, end) }.value
        return end
    }

    /// Asks the process to end when there is nothing left for it, or this task is cancelled; kills one that does not
    /// answer, or does not end.
    private func watch(_ worker: String, _ process: WorkerProcess) async {
        var wanted = ContinuousClock.now
        var silence = SilenceWatch(process, patience)
        while (try? await Task.sleep(for: Limits.suspectInterval)) != nil {
            if (try? await client.status(of: folder.socket(of: worker))) != nil {
                silence.noteAnswer()
            } else if silence.isTooLong {
                logger.error("A worker does not answer; it is ended", metadata: ["worker": "\(worker)"])
                break
            }
            let isBusy = (try? await queue.isBusy(worker)) ?? true
            let hasMore = (try? await queue.hasSuspects(in: lanes)) ?? true
            if isBusy || hasMore { wanted = .now }
            if ContinuousClock.now - wanted > Limits.suspectLinger { break }
        }
        process.signal(SIGTERM)
        let deadline = ContinuousClock.now + Limits.drain
        while !process.hasEnded, ContinuousClock.now < deadline {
            // Cancelled sleeps return at once, and a process that drains needs a moment all the same.
            await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
        }
        process.signal(SIGKILL)
    }

    private func giveBack(_ worker: String, _ end: WorkerEnd) async {
        do {
            let count = try await (end.isCrash ? queue.crashWorker(worker) : queue.releaseWorker(worker))
            guard count > 0 else { return }
            logger.notice("A worker's jobs came back", metadata: ["count": "\(count)", "end": "\(end)"])
        } catch {
            // Their leases run out, and the upkeep finds them.
            logger.warning("A worker's jobs could not be given back", metadata: ["error": "\(error)"])
        }
    }
}

package import HearthCore
package import Logging
import ServiceLifecycle

/// Runs the jobs of one worker process: a loop a lane, nothing leased without a free place.
package struct WorkerPool: Service {
    /// What the pool runs with.
    package struct Configuration: Sendable {
        /// Names the process in leases.
        package var worker: String
        /// Whether it runs jobs that were there when a worker crashed, one at a time, and no others; so when one of
        /// them crashes this process too, it was that job.
        package var isForSuspects: Bool
        /// By operation; their plans say which lanes there are.
        package var handlers: [String: JobHandler]
        /// Whether something that a plan needs is there now; asked before each lease, so it must be cheap.
        package var isMet: @Sendable (JobNeed) -> Bool
        /// An element after each change of what `isMet` says.
        package var needChanges: @Sendable () -> AsyncStream<Void>
        /// How often leases are renewed.
        package var heartbeat: Duration

        /// What one process runs; every need counts as met unless `isMet` says otherwise.
        package init(
            worker: String, handlers: [String: JobHandler], isForSuspects: Bool = false,
            isMet: @escaping @Sendable (JobNeed) -> Bool = { _ in true },
            needChanges: @escaping @Sendable () -> AsyncStream<Void> = { AsyncStream { $0.finish() } },
            heartbeat: Duration = Limits.heartbeat
        ) {
            self.heartbeat = heartbeat
            self.worker = worker
            self.handlers = handlers
            self.isForSuspects = isForSuspects
            self.isMet = isMet
            self.needChanges = needChanges
        }

        /// Places for jobs: those of each lane, or a single one for suspects of all lanes.
        var gates: [LaneGate] {
            let lanes = Set(handlers.values.map(\.plan.lane))
            return isForSuspects
                ? [LaneGate(lanes: lanes.sorted { $0.name < $1.name }, capacity: 1)]
                : lanes.map { LaneGate(lanes: [$0], capacity: $0.capacity) }
        }
    }

    private let configuration: Configuration
    let store: any Store
    let table: JobTable
    let clock: any WallClock
    let signal: any JobSignal
    let logger: Logger
    private let running = RunningJobs()

    /// A pool that leases nothing before ``run()``.
    package init(
        _ configuration: Configuration, store: any Store, table: JobTable, clock: any WallClock,
        signal: any JobSignal, logger: Logger
    ) {
        self.configuration = configuration
        self.store = store
        self.table = table
        self.clock = clock
        self.signal = signal
        self.logger = logger
    }

    /// Attempts that run now.
    package var runningJobs: Int { running.leases.count }

    /// Runs until graceful shutdown (then finishes what runs, within the limit, but for what goes back by its plan) or
    /// cancellation (then gives it back).
    package func run() async throws {
        let gates = configuration.gates
        await withDiscardingTaskGroup { group in
            let lanes = LaneGates(gates)
            group.addTask { for await _ in signal.rings() { lanes.open() } }
            group.addTask { for await _ in configuration.needChanges() { lanes.open() } }
            group.addTask { await heartbeat() }
            group.addTask { await tick(lanes) }
            await withGracefulShutdownHandler {
                await withDiscardingTaskGroup { work in
                    for gate in gates { work.addTask { await runLane(gate) } }
                }
            } onGracefulShutdown: {
                lanes.stop()
                running.stop()
            }
            group.cancelAll()
        }
    }

    /// Wakes lanes whose next job has come due, and all of them once a second in case a signal was lost.
    private func tick(_ lanes: LaneGates) async {
        var ticks = 0
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            ticks += 1
            lanes.open(dueAt: ticks.isMultiple(of: 10) ? nil : clock.now())
        }
    }

    private func runLane(_ gate: LaneGate) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await _ in gate.openings {
                    await fill(gate, group: &group)
                }
            }
        } onCancel: {
            gate.stop()
        }
    }

    /// Leases until the lane is full or nothing is claimable.
    private func fill(_ gate: LaneGate, group: inout DiscardingTaskGroup) async {
        let kinds = configuration.handlers.filter {
            gate.lanes.contains($0.value.plan.lane) && $0.value.plan.needs.allSatisfy(configuration.isMet)
        }.map(\.key).sorted()
        while let free = gate.freePlaces, !kinds.isEmpty {
            let (leases, mayBeMore): ([JobLease], Bool)
            do {
                (leases, mayBeMore) = try await lease(gate, kinds: kinds, free: free)
            } catch {
                logger.warning("Leasing failed", metadata: ["lanes": "\(gate.lanes.map(\.name))", "error": "\(error)"])
                return
            }
            gate.begin(leases.count)
            for lease in leases {
                group.addTask {
                    await attempt(lease)
                    gate.end()
                }
            }
            if !mayBeMore { return }
        }
    }

    /// - Returns: The leases, and whether there may be more to lease now.
    private func lease(
        _ gate: LaneGate, kinds: [String], free: Int
    ) async throws -> (leases: [JobLease], mayBeMore: Bool) {
        let request = JobTable.LeaseRequest(
            lanes: gate.lanes, kinds: kinds, worker: configuration.worker, limit: free,
            suspects: configuration.isForSuspects, after: gate.lastTenant)
        // Found by reading, which takes no lock and no fsync: the writer is needed for what there is to lease only.
        let (next, found) = try await store.read { db -> (Int64?, [String]) in
            let (next, now) = (try table.nextRunAt(request, in: db), clock.now())
            guard let next, next <= now else { return (next, []) }
            return (next, try table.claimable(request, in: db, now: now))
        }
        gate.nextRunAt = next
        guard !found.isEmpty else { return ([], false) }
        let leases = try await store.write { db in
            let leases = try table.lease(found, for: request, in: db, now: clock.now())
            if !leases.isEmpty { db.ringAfterCommit(signal) }
            return leases
        }
        if let last = leases.last { gate.lastTenant = last.tenant }
        // Some may have been given to another worker meanwhile.
        return (leases, found.count == free || leases.count < found.count)
    }

    /// Runs one attempt and records how it ended.
    private func attempt(_ lease: JobLease) async {
        let goesBack = configuration.handlers[lease.kind]?.plan.goesBackAtStop == true
        let task = running.begin(lease.id, goesBackAtStop: goesBack) { await execute(lease) }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        running.end(lease.id)
    }

    private func execute(_ lease: JobLease) async {
        guard let handler = configuration.handlers[lease.kind] else {
            let error = HearthError(.internalError, "This worker has no handler for \(lease.kind).")
            return await recordFailure(of: lease, JobFailure(error), error)
        }
        let deadline = ContinuousClock.now + handler.plan.timeout
        do {
            let outcome = try await withProgress(of: lease) { progress in
                try await withDeadline(deadline, "The attempt") { try await handler.run(lease, progress) }
            }
            try await finish(lease, outcome)
        } catch let error as HearthError where error.code == .deadlineExceeded && ContinuousClock.now >= deadline {
            // The attempt's own time is up: unlike a model that is busy, that costs an attempt.
            let failure = JobFailure(kind: .transient, code: error.code.rawValue, message: error.message)
            await recordFailure(of: lease, failure, error)
        } catch is JobLease.Lost {
            // The job was cancelled, or its lease was given to another worker.
            logger.debug("An attempt no longer holds its job", metadata: ["job": "\(lease.jobID)"])
        } catch let error as StoreConstraintError {
            let failure = JobFailure(
                kind: .transient, code: "conflict", message: "The rows changed during the attempt.")
            await recordFailure(of: lease, failure, error)
        } catch {
            await recordFailure(of: lease, JobFailure(error), error)
        }
    }

    private func finish(_ lease: JobLease, _ outcome: JobOutcome) async throws {
        let isRecorded: Bool
        do {
            isRecorded = try await record { db, now in
                guard try table.complete(lease, result: outcome.result, in: db, now: now) else { return false }
                try outcome.commit(db)
                return true
            }
        } catch {
            await outcome.ended(false)
            throw error
        }
        await outcome.ended(isRecorded)
    }

    private func recordFailure(of lease: JobLease, _ failure: JobFailure, _ error: any Error) async {
        let names: Logger.Metadata = ["job": "\(lease.jobID)", "kind": "\(lease.kind)", "error": "\(error)"]
        if failure.kind != .released { logger.notice("Attempt failed", metadata: names) }
        do {
            try await record { db, now in _ = try table.fail(lease, failure, in: db, now: now) }
        } catch {
            // The heartbeat gives the job back: nothing is lost, but someone should know.
            logger.error("A job's failure could not be recorded", metadata: names)
        }
    }

    /// Writes in a task of its own, because a cancelled attempt must still be recorded.
    ///
    /// A store that is away is asked again while the lease may hold, so that work that is done is not done twice.
    private func record<Output: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection, Int64) throws -> Output
    ) async throws -> Output {
        let (store, clock, signal) = (store, clock, signal)
        let end = ContinuousClock.now + Limits.lease
        while true {
            do {
                return try await Task {
                    try await store.write { db in
                        let output = try body(db, clock.now())
                        db.ringAfterCommit(signal)
                        return output
                    }
                }.value
            } catch let error as HearthError where JobFailure(error).kind == .infrastructure {
                guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(200))) != nil else {
                    throw error
                }
            }
        }
    }

    private func withProgress(
        of lease: JobLease, _ body: @escaping @Sendable (JobProgress) async throws -> JobOutcome
    ) async throws -> JobOutcome {
        let progress = JobProgress()
        let interval = Duration.milliseconds(1_000 / Limits.eventsPerSecond)
        // Cancelled and awaited when the body has ended: what was said last is superseded by the result.
        async let _: Void = progress.pump(every: interval) { report in
            do {
                try await store.write { db in
                    if try table.progress(lease, report, in: db, now: clock.now()) {
                        db.ringAfterCommit(signal)
                    }
                }
            } catch {
                logger.debug("Progress could not be written", metadata: ["job": "\(lease.jobID)", "error": "\(error)"])
            }
        }
        return try await body(progress)
    }

    /// Renews the leases, stops attempts whose jobs were cancelled or given to someone else, and gives back what this
    /// process holds and does not run.
    private func heartbeat() async {
        var renewedAt = ContinuousClock.now
        var unknown: Set<JobLease.ID> = []
        while (try? await Task.sleep(for: min(.milliseconds(200), configuration.heartbeat))) != nil {
            let held = running.leases
            let isDue = ContinuousClock.now - renewedAt >= configuration.heartbeat
            guard isDue || !held.isEmpty else { continue }
            do {
                if isDue { renewedAt = .now }
                if isDue, !held.isEmpty { try await renew(held) }
                running.cancel(held.subtracting(try await owned()))
                if isDue { unknown = try await giveBack(unknown) }
            } catch {
                logger.warning("Leases could not be renewed", metadata: ["error": "\(error)"])
            }
        }
    }

    private func renew(_ held: Set<JobLease.ID>) async throws {
        try await store.write { db in
            _ = try table.renew(held, worker: configuration.worker, in: db, now: clock.now())
        }
    }

    /// The leases whose attempts may go on. A suspect that has committed a step is none any more: its attempt ends here
    /// and goes on in an ordinary worker, so that the next suspect need not wait for the end of a long job.
    private func owned() async throws -> Set<JobLease.ID> {
        let configuration = configuration
        return try await store.read { db in
            try table.owned(by: configuration.worker, suspects: configuration.isForSuspects, in: db)
        }
    }

    /// Gives back leases that no attempt of this process has, at no cost: the store has written them and said that it
    /// had not, or an end could not be recorded. The front does not: it leaves the leases of live workers alone.
    /// - Parameter before: What was found so the last time. Only what is found twice counts, because an attempt begins
    ///   after its lease.
    /// - Returns: what is found so now for the first time.
    private func giveBack(_ before: Set<JobLease.ID>) async throws -> Set<JobLease.ID> {
        let worker = configuration.worker
        let all = try await store.read { db in try table.owned(by: worker, in: db) }
        let unknown = all.subtracting(running.leases)
        let lost = unknown.intersection(before)
        guard !lost.isEmpty else { return unknown }
        let count = try await store.write { db in
            let count = try table.release(lost, of: worker, in: db, now: clock.now())
            if count > 0 { db.ringAfterCommit(signal) }
            return count
        }
        logger.notice("Jobs that no attempt ran came back", metadata: ["count": "\(count)"])
        return unknown.subtracting(lost)
    }
}

/// The attempts under way in this process, so that a cancelled job's attempt can be stopped.
final class RunningJobs: Sendable {
    private struct State {
        var tasks: [JobLease.ID: Task<Void, Never>] = [:]
        /// Those that are not waited for when the process is asked to end.
        var goingBack: Set<JobLease.ID> = []
        var isStopping = false
    }

    private let state = Locked(State())

    /// Starts an attempt; the caller awaits the task and then calls `end`.
    func begin(
        _ lease: JobLease.ID, goesBackAtStop: Bool, _ body: @escaping @Sendable () async -> Void
    ) -> Task<Void, Never> {
        state.withLock { state in
            let task = Task { await body() }
            state.tasks[lease] = task
            if goesBackAtStop { state.goingBack.insert(lease) }
            // It was leased while the process was asked to end.
            if goesBackAtStop, state.isStopping { task.cancel() }
            return task
        }
    }

    func end(_ lease: JobLease.ID) {
        state.withLock { state in
            state.tasks[lease] = nil
            state.goingBack.remove(lease)
        }
    }

    var leases: Set<JobLease.ID> { state.withLock { Set($0.tasks.keys) } }

    func cancel(_ leases: Set<JobLease.ID>) {
        let cancelled = state.withLock { state in leases.compactMap { state.tasks[$0] } }
        for task in cancelled { task.cancel() }
    }

    /// Stops the attempts that are not waited for, now and from now on.
    func stop() {
        let back = state.withLock { state in
            state.isStopping = true
            return state.goingBack
        }
        cancel(back)
    }
}

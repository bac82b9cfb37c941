import HearthCore

/// The attempts under way in this process, so that a cancelled job's attempt can be stopped.
final class RunningJobs: Sendable {
    private let tasks = Locked<[JobLease.ID: Task<Void, Never>]>([:])

    /// Starts an attempt; the caller awaits the task and then calls `end`.
    func begin(_ lease: JobLease.ID, _ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        tasks.withLock { tasks in
            let task = Task { await body() }
            tasks[lease] = task
            return task
        }
    }

    func end(_ lease: JobLease.ID) {
        tasks.withLock { tasks in _ = tasks.removeValue(forKey: lease) }
    }

    var leases: Set<JobLease.ID> { tasks.withLock { Set($0.keys) } }

    func cancel(_ leases: Set<JobLease.ID>) {
        let cancelled = tasks.withLock { tasks in leases.compactMap { tasks[$0] } }
        for task in cancelled { task.cancel() }
    }
}

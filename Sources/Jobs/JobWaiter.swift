package import HearthCore
package import HearthJSON

/// Lets callers wait until a job has ended: as many at once as `Limits` says, of one tenant fewer, so that none keeps
/// all others out.
package struct JobWaiter: Sendable {
    /// What callers send when they want to wait.
    package static let field = FieldNote(
        """
        Answer when the work that follows has ended, such as making the vector. After \
        \(Limits.inferenceDeadline.milliseconds / 1_000) s, or the shorter time of `x-hearth-timeout-ms`, the answer \
        is 202 and says how far it is; the work goes on.
        """)

    private let hub: EventHub
    private let queue: JobQueue
    private let places = JobWaitPlaces()

    /// Waits by the events of this hub for jobs of this queue.
    package init(hub: EventHub, queue: JobQueue) {
        self.hub = hub
        self.queue = queue
    }

    /// How many wait now.
    package var count: Int { places.count }

    /// How the callers of an operation wait.
    /// - Parameters:
    ///   - waiter: nil: no caller can wait in this process.
    ///   - isWanted: what the caller's field says.
    ///   - finish: waits, and makes the output as it is then.
    package static func waiting<Input, Output>(
        by waiter: JobWaiter?, if isWanted: @escaping @Sendable (Input) -> Bool?,
        finish: @escaping @Sendable (Output, JobWait) async throws -> (Output, isUnfinished: Bool)
    ) -> OperationWaiting<Input, Output> {
        { input, waiting in
            guard isWanted(input) == true else { return nil }
            guard let waiter else {
                throw HearthError(.invalidRequest, "Jobs cannot be waited for in this process.")
            }
            let wait = JobWait(waiter, waiting, place: try waiter.places.take(for: waiting.tenant))
            return { output in try await finish(output, wait) }
        }
    }

    /// Waits for the end of a job, and says meanwhile how far it is.
    /// - Returns: the job when it has ended, or as it is at the deadline; nil: there is no such job.
    /// - Throws: ``HearthError`` `overloaded` when as many wait as can; `CancellationError` when the caller has left.
    package func end(
        of jobID: String, _ waiting: Waiting, progress: ReportSink<ProgressReport>
    ) async throws -> Job? {
        let place = try places.take(for: waiting.tenant)
        defer { withExtendedLifetime(place) {} }
        return try await end(of: jobID, waiting) { event in
            await progress.send(
                ProgressReport(
                    stage: event.stage ?? event.status.rawValue, overall: event.progress, current: event.current,
                    step: event.step, steps: event.steps, eta: event.eta, message: event.message))
        }
    }

    /// - Returns: the job when it has ended, or as it is at the deadline; nil: there is no such job any more.
    fileprivate func end(
        of jobID: String, _ waiting: Waiting, each: @escaping @Sendable (JobEvent) async -> Void = { _ in }
    ) async throws -> Job? {
        let tenant = waiting.tenant
        let known = try await job(jobID, of: tenant)
        guard let known, !known.status.isFinal else { return known }
        do {
            let events = try hub.events(of: jobID, since: known.lastEvent, tenant: tenant)
            try await withDeadline(waiting.deadline, "The job") {
                for try await event in events { await each(event) }
            }
        } catch let error as HearthError where [.deadlineExceeded, .overloaded].contains(error.code) {
            // The work is under way all the same: the caller is told how far it is.
        }
        try Task.checkCancellation()
        return try await job(jobID, of: tenant)
    }

    private func job(_ jobID: String, of tenant: Tenant) async throws -> Job? {
        let table = queue.table
        do {
            return try await queue.store.read { db in try table.job(jobID, of: tenant, in: db) }
        } catch let error as HearthError where error.code == .notFound {
            return nil
        }
    }
}

/// A caller's wait for jobs; it has a place until it is let go of.
package struct JobWait: Sendable {
    private let waiter: JobWaiter
    private let waiting: Waiting
    private let place: JobWaitPlaces.Place

    fileprivate init(_ waiter: JobWaiter, _ waiting: Waiting, place: JobWaitPlaces.Place) {
        self.waiter = waiter
        self.waiting = waiting
        self.place = place
    }

    package var tenant: Tenant { waiting.tenant }

    /// Waits for the end of a job.
    /// - Returns: the job when it has ended, or as it is when the time is over; nil: there is no such job any more.
    /// - Throws: `CancellationError` when the caller has left.
    package func end(of jobID: String) async throws -> Job? {
        defer { withExtendedLifetime(place) {} }
        return try await waiter.end(of: jobID, waiting)
    }
}

/// The places of callers that wait.
private final class JobWaitPlaces: Sendable {
    /// One caller's place; it is free again when nothing refers to it.
    final class Place: Sendable {
        private let places: JobWaitPlaces
        private let tenant: Tenant

        init(_ places: JobWaitPlaces, _ tenant: Tenant) {
            self.places = places
            self.tenant = tenant
        }

        deinit { places.leave(tenant) }
    }

    private struct State {
        var all = 0
        var counts: [Tenant: Int] = [:]
    }

    private let state = Locked(State())

    var count: Int { state.withLock { $0.all } }

    /// - Throws: ``HearthError`` `overloaded`.
    func take(for tenant: Tenant) throws(HearthError) -> Place {
        let isFree = state.withLock { state in
            guard state.all < Limits.jobWaiters, state.counts[tenant, default: 0] < Limits.tenantJobWaiters else {
                return false
            }
            state.all += 1
            state.counts[tenant, default: 0] += 1
            return true
        }
        guard isFree else {
            throw HearthError(
                .overloaded, "Too many callers wait for jobs now.",
                hint: "Call without `wait` and follow the job's events, or try again later.", retryAfter: 5)
        }
        return Place(self, tenant)
    }

    private func leave(_ tenant: Tenant) {
        state.withLock { state in
            state.all -= 1
            guard let count = state.counts[tenant] else { return }
            state.counts[tenant] = count > 1 ? count - 1 : nil
        }
    }
}

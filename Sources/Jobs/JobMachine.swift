import HearthCore

/// The life of one job as a pure struct: no clock, no store, no lock.
///
/// It begins where a job is leased, which is one statement of ``JobTable/lease(_:for:in:now:)``. Each method either
/// changes the state or answers false because the caller no longer holds the lease (it ran out, someone cancelled the
/// job); such a late result is dropped, so an effect is recorded once.
package struct JobMachine: Sendable, Equatable {
    package private(set) var state: JobState
    /// Attempts begun that counted.
    package private(set) var attempt: Int
    package let maximumAttempts: Int
    /// Workers that crashed while running it.
    package private(set) var crashes: Int
    /// Attempts in a row that ended because something outside the job was away: each waits longer than the one before.
    package private(set) var outages: Int
    /// Who holds the lease, as ``JobLease/holder`` says it: a worker and the number of its attempt. Set exactly while
    /// in progress.
    package private(set) var leaseHolder: String?
    /// Milliseconds since 1970: not claimable before.
    package private(set) var runAt: Int64
    /// Why the last attempt failed; kept until the job completes.
    package private(set) var failure: JobFailure?

    package init(
        state: JobState = .pending, attempt: Int = 0, maximumAttempts: Int, crashes: Int = 0, outages: Int = 0,
        leaseHolder: String? = nil, runAt: Int64, failure: JobFailure? = nil
    ) {
        self.state = state
        self.attempt = attempt
        self.maximumAttempts = maximumAttempts
        self.crashes = crashes
        self.outages = outages
        self.leaseHolder = leaseHolder
        self.runAt = runAt
        self.failure = failure
    }

    /// inProgress → completed, for the holder of the lease only.
    package mutating func complete(by holder: String) -> Bool {
        guard isHeld(by: holder) else { return false }
        finish(.completed)
        outages = 0
        failure = nil
        return true
    }

    /// inProgress → pending or failed, for the holder of the lease only.
    package mutating func fail(
        by holder: String, _ failure: JobFailure, now: Int64, policy: RetryPolicy, jitter: Double
    ) -> Bool {
        guard isHeld(by: holder) else { return false }
        self.failure = failure
        switch failure.kind {
        case .permanent:
            finish(.failed)
        case .transient where attempt >= maximumAttempts:
            finish(.failed)
        case .transient:
            outages = 0
            comeBack(at: now + policy.delay(afterAttempt: attempt, jitter: jitter))
        case .infrastructure:
            attempt -= 1
            outages += 1
            comeBack(at: now + policy.delay(afterOutages: outages, jitter: jitter))
        case .released:
            attempt -= 1
            comeBack(at: now)
        }
        return true
    }

    /// inProgress → pending, or → failed(poison) when its second worker has crashed now.
    ///
    /// Only for a crash that came from inside the worker: who was killed from outside has released its jobs.
    package mutating func crash(of holder: String, now: Int64) -> Bool {
        guard isHeld(by: holder) else { return false }
        crashes += 1
        if crashes >= Limits.jobCrashes {
            failure = JobFailure(
                kind: .permanent, code: "poison",
                message: "Two workers crashed while running this job; it is quarantined.")
            finish(.failed)
        } else {
            attempt -= 1
            failure = JobFailure(
                kind: .infrastructure, code: "worker_crashed", message: "The worker crashed during the attempt.")
            comeBack(at: now)
        }
        return true
    }

    /// pending or inProgress → cancelled. Cancelling what has ended changes nothing.
    package mutating func cancel() -> Bool {
        guard !state.isFinal else { return false }
        finish(.cancelled)
        return true
    }

    /// failed or cancelled → pending with a fresh count of attempts and crashes.
    package mutating func retry(now: Int64) -> Bool {
        guard state == .failed || state == .cancelled else { return false }
        state = .pending
        attempt = 0
        crashes = 0
        outages = 0
        runAt = now
        failure = nil
        return true
    }

    /// Whether an attempt may still record a result.
    package func isHeld(by holder: String) -> Bool { state == .inProgress && leaseHolder == holder }

    private mutating func finish(_ final: JobState) {
        state = final
        leaseHolder = nil
    }

    private mutating func comeBack(at time: Int64) {
        state = .pending
        leaseHolder = nil
        runAt = time
    }
}

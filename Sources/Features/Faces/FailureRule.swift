import HearthCore

/// When a verification may be tried again after others have failed: some are free, then each pause is twice as long,
/// and after many none is allowed before an administrator says so.
///
/// Pure: the time comes from outside, so tests hold the clock.
struct FailureRule: Sendable {
    /// What becomes of an attempt.
    enum Verdict: Sendable, Equatable {
        case free
        /// In so many milliseconds.
        case waits(Int64)
        case stopped
    }

    var free = Limits.freeFailures
    var pause = Limits.failurePause
    var stop = Limits.stoppedFailures

    /// - Parameters:
    ///   - failures: in a row.
    ///   - failedAt: the last of them, in milliseconds since 1970.
    func verdict(failures: Int, failedAt: Int64, now: Int64) -> Verdict {
        guard failures < stop else { return .stopped }
        guard failures >= free else { return .free }
        let pause = pause.pause(after: failures - free + 1).milliseconds
        // A clock that was set back must not make the pause longer than it is.
        let since = max(now - failedAt, 0)
        return since >= pause ? .free : .waits(pause - since)
    }
}

/// Whose failures count.
struct AttemptSubjects: Sendable, Equatable {
    /// `user:…`, `key:…`, `address:…`.
    let all: [String]
    let user: String

    init(user: String, key: String?, address: String?) {
        self.user = "user:\(user)"
        all = [self.user] + (key.map { ["key:\($0)"] } ?? []) + (address.map { ["address:\($0)"] } ?? [])
    }
}

/// The verifications of a user that are under way: failures are counted when they have ended, so that without it many
/// could be tried before the first one counts.
struct AttemptGate: Sendable {
    private let running = Locked<[String: Int]>([:])

    /// - Parameter failures: of the user, so far.
    /// - Returns: the place of an attempt, to be kept until it is counted.
    /// - Throws: ``HearthError`` `rate_limited`.
    func enter(_ user: String, failures: Int) throws(HearthError) -> Place {
        let most = max(1, min(Limits.verificationsAtOnce, Limits.freeFailures - failures))
        let isFree = running.withLock { running in
            guard running[user, default: 0] < most else { return false }
            running[user, default: 0] += 1
            return true
        }
        guard isFree else {
            throw HearthError(
                .rateLimited, "This user is being verified already.", hint: "Try again in a moment.", retryAfter: 1)
        }
        return Place(running, user)
    }

    /// One attempt that is under way; its place is free again when nothing refers to it.
    final class Place: Sendable {
        private let running: Locked<[String: Int]>
        private let user: String

        fileprivate init(_ running: Locked<[String: Int]>, _ user: String) {
            self.running = running
            self.user = user
        }

        deinit {
            running.withLock { running in
                let count = running[user, default: 0] - 1
                running[user] = count > 0 ? count : nil
            }
        }
    }
}

/// The SQL of failed verifications.
struct AttemptTable: Sendable {
    /// Failures in a row of one subject.
    struct Failures: Sendable {
        let subject: String
        let count: Int
        let failedAt: Int64
    }

    func failures(_ subjects: AttemptSubjects, of tenant: Tenant, in db: any SQLConnection) throws -> [Failures] {
        try db.rows(
            """
            SELECT subject, failures, failed_at FROM face_attempts
            WHERE tenant = \(tenant) AND subject IN \(list: subjects.all)
            """
        ) { row in Failures(subject: try row.next(), count: try row.next(), failedAt: try row.next()) }
    }

    func countFailure(_ subjects: AttemptSubjects, of tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        for subject in subjects.all {
            try db.execute(
                """
                INSERT INTO face_attempts (tenant, subject, failures, failed_at)
                VALUES (\(tenant), \(subject), 1, \(now))
                ON CONFLICT (tenant, subject) DO UPDATE SET failures = face_attempts.failures + 1,
                  failed_at = excluded.failed_at
                """)
        }
    }

    /// - Returns: whether there was anything to forget.
    @discardableResult
    func forget(_ subjects: [String], of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        try db.execute(
            "DELETE FROM face_attempts WHERE tenant = \(tenant) AND subject IN \(list: subjects)") > 0
    }
}

package import HearthCore

/// Times that were written when the clock was ahead.
///
/// A job waits until its `run_at`. Beside it stands for how long that was meant to be: `run_delay`, none for nearly all
/// jobs. A job that would wait longer from now on was written by a clock that was ahead, and has gone back since.
extension JobTable {
    /// Pending jobs that would wait longer than they were meant to, a bounded number.
    package func misdated(
        limit: Int = Limits.leaseBatch, in db: any SQLConnection, now: Int64
    ) throws -> [String] {
        var found: [String] = []
        for lane in try pendingLanes(in: db) where found.count < limit {
            // Without the first condition, which follows from the second, the index of due times would not be used.
            found += try db.values(
                """
                SELECT id FROM jobs WHERE state = 'pending' AND lane = \(lane) AND run_at > \(now)
                  AND run_at - run_delay > \(now) LIMIT \(limit - found.count)
                """, as: String.self)
        }
        return found
    }

    /// Lets such jobs wait as long as they were meant to, from now on.
    /// - Returns: how many; those that have changed meanwhile stay as they are.
    package func correctTimes(of jobs: [String], in db: any SQLConnection, now: Int64) throws -> Int {
        try db.execute(
            """
            UPDATE jobs SET run_at = \(now) + run_delay
            WHERE id IN \(list: jobs) AND state = 'pending' AND run_at - run_delay > \(now)
            """)
    }

    /// One after the other, by the index: a DISTINCT would read all jobs that wait.
    private func pendingLanes(in db: any SQLConnection) throws -> [String] {
        var lanes: [String] = []
        while let next = try db.value(
            "SELECT lane FROM jobs WHERE state = 'pending' AND lane > \(lanes.last ?? "") ORDER BY lane LIMIT 1",
            as: String.self)
        {
            lanes.append(next)
        }
        return lanes
    }
}

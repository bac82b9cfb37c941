package import HearthCore

/// A job that is enqueued at regular intervals.
///
/// Its points in time are the multiples of the interval since 1970 in UTC, so that they are the same for every front
/// and after every start: one of ten minutes comes at :00, :10, :20 of each hour.
package struct Schedule: Sendable {
    package let name: String
    package let interval: Duration
    package let request: JobRequest

    /// - Parameter interval: whole milliseconds, more than none.
    package init(name: String, interval: Duration, request: JobRequest) {
        precondition(interval.milliseconds > 0, "a schedule comes again after a while")
        self.name = name
        self.interval = interval
        self.request = request
    }

    /// The interval as its row holds it: another text says that the schedule was changed.
    private var expression: String { "every \(interval.milliseconds) ms" }

    /// The first point in time after `now`, in milliseconds since 1970.
    private func next(after now: Int64) -> Int64 { (now / interval.milliseconds + 1) * interval.milliseconds }

    /// The latest time that can have been written by a clock that is right.
    private func latest(_ now: Int64) -> Int64 { now + (interval + Limits.clockSkew).milliseconds }

    /// Whether its time has come, or it has never been seen, or its time was written when the clock was ahead.
    func isDue(in db: any SQLConnection, now: Int64) throws -> Bool {
        let row = try db.row("SELECT expression, next_run_at FROM schedules WHERE name = \(name)") { row in
            (expression: try row.next(String.self), next: try row.next(Int64.self))
        }
        guard let row, row.expression == expression else { return true }
        return row.next <= now || row.next > latest(now)
    }

    /// Moves on to the next time after `now`; times missed while nothing ran are made up for once.
    /// - Returns: whether a job is to be enqueued; false when the schedule is new or another front was faster.
    func advance(in db: any SQLConnection, now: Int64) throws -> Bool {
        let next = next(after: now)
        let wasDue = try db.execute(
            """
            UPDATE schedules SET next_run_at = \(next)
            WHERE name = \(name) AND expression = \(expression)
              AND (next_run_at <= \(now) OR next_run_at > \(latest(now)))
            """)
        if wasDue > 0 { return true }
        try db.execute(
            """
            INSERT INTO schedules (name, expression, next_run_at) VALUES (\(name), \(expression), \(next))
            ON CONFLICT (name) DO UPDATE SET expression = excluded.expression, next_run_at = excluded.next_run_at
              WHERE schedules.expression <> excluded.expression
            """)
        return false
    }
}

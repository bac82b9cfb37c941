import HearthCore

/// A job that comes again and again.
package struct Schedule: Sendable {
    package let name: String
    package let expression: CronExpression
    package let request: JobRequest

    package init(name: String, expression: CronExpression, request: JobRequest) {
        self.name = name
        self.expression = expression
        self.request = request
    }

    /// Whether its time has come, or it has never been seen.
    func isDue(in db: any SQLConnection, now: Int64) throws -> Bool {
        let row = try db.first(
            "SELECT expression, next_run_at FROM schedules WHERE name = ?", [.text(name)])
        guard let row, try row.text("expression") == expression.text else { return true }
        return try row.integer("next_run_at") <= now
    }

    /// Moves on to the next time after `now`; times missed while nothing ran are made up for once.
    /// - Returns: whether a job is to be enqueued; false when the schedule is new or another front was faster.
    func advance(in db: any SQLConnection, now: Int64) throws -> Bool {
        let next = expression.next(after: now)
        let wasDue = try db.execute(
            "UPDATE schedules SET next_run_at = ? WHERE name = ? AND expression = ? AND next_run_at <= ?",
            [.integer(next), .text(name), .text(expression.text), .integer(now)])
        if wasDue > 0 { return true }
        try db.execute(
            """
            INSERT INTO schedules (name, expression, next_run_at) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET expression = excluded.expression, next_run_at = excluded.next_run_at
              WHERE schedules.expression <> excluded.expression
            """, [.text(name), .text(expression.text), .integer(next)])
        return false
    }
}

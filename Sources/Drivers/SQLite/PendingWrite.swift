import HearthCore

/// A write that waits for its group.
protocol PendingWrite: AnyObject, Sendable {
    /// Runs the body; the error is kept for `finish` and returned.
    func perform(on connection: SQLiteConnection) -> (any Error)?
    /// The group is on disk: hands result or error to the caller.
    func finish()
    /// The group failed as a whole.
    func fail(_ error: any Error)
}

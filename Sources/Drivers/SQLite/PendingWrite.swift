import HearthCore

/// A write that waits for its group. All of it happens on the commit threads, one after the other and in this order.
protocol PendingWrite: AnyObject, Sendable {
    /// Bytes of the file that may have to be written before; nil when the write has rows only.
    var fileBytes: Int? { get }

    /// Reads what is there and says which file has to be written first; outside of the group's transaction.
    func plan(on connection: SQLiteConnection) -> NewFile?

    /// The file is on disk, or could not be written.
    func endFile(_ result: Result<Void, any Error>)

    /// Whether there is something to commit; a write without rows is finished when its file is.
    var hasRows: Bool { get }

    /// Runs the body; the error is kept for `finish` and returned.
    func perform(on connection: SQLiteConnection) -> (any Error)?

    /// What follows the commit; nothing when its body has thrown.
    var actions: [CommitAction] { get }

    /// All of it is on disk, and what follows the commit has happened: hands result or error to the caller.
    func finish()

    /// The group failed as a whole.
    /// - Parameter mayBeCommitted: whether its rows may turn out to be there all the same.
    func fail(_ error: any Error, mayBeCommitted: Bool)
}

/// What a write without a file need not say.
extension PendingWrite {
    var fileBytes: Int? { nil }
    var hasRows: Bool { true }
    func plan(on connection: SQLiteConnection) -> NewFile? { nil }
    func endFile(_ result: Result<Void, any Error>) {}
}

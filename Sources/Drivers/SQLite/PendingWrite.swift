import HearthCore

/// A write that waits for its group. All of it happens on the commit thread, in this order.
protocol PendingWrite: AnyObject, Sendable {
    /// Whether it frees space, so that it may use what is kept for that.
    var freesSpace: Bool { get }

    /// Whether its body has run and found the disk full.
    var lacksSpace: Bool { get }

    /// Bytes of the file that may have to be written before; nil when the write has rows only.
    var fileBytes: Int? { get }

    /// Reads what is there and says which file has to be written first; outside of the group's transaction.
    func plan(on connection: SQLiteConnection) -> NewFile?

    /// The file is on disk, or could not be written.
    func endFile(_ result: Result<Void, any Error>)

    /// Whether there is something to commit.
    var hasRows: Bool { get }

    /// Runs the body; the error is kept for `finish` and returned.
    func perform(on connection: SQLiteConnection) -> (any Error)?

    /// What follows the commit; nothing when its body has thrown.
    var actions: [CommitAction] { get }

    /// The group is on disk, and what follows the commit has happened: hands result or error to the caller.
    func finish()

    /// The group failed as a whole.
    /// - Parameter mayBeCommitted: whether its rows may turn out to be there all the same.
    func fail(_ error: any Error, mayBeCommitted: Bool)
}

/// What a write without a file need not say.
extension PendingWrite {
    var freesSpace: Bool { false }
    var lacksSpace: Bool { false }
    var fileBytes: Int? { nil }
    var hasRows: Bool { true }
    func plan(on connection: SQLiteConnection) -> NewFile? { nil }
    func endFile(_ result: Result<Void, any Error>) {}
}

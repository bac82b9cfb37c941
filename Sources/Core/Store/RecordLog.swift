package import struct Foundation.Data

/// Records that are known before their rows are: appended at once, forgotten when their rows are on disk.
///
/// What was appended survives the end of the process. The next process that opens the log gets what was not settled and
/// makes the rows again: these must be such that twice is the same as once.
package protocol RecordLog: Sendable {
    /// What an earlier process has left unsettled, oldest first; empty once `forgetLeftovers` was called.
    var leftovers: [Data] { get }

    /// The rows of the leftovers are on disk, or they were set aside.
    func forgetLeftovers()

    /// Keeps records that cannot be understood where no process reads them again, so that a person can.
    /// - Returns: where they are, as a person finds it.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`.
    func setAside(_ records: [Data]) throws -> String

    /// Writes a record; when this returns, a crash of the process does not lose it.
    /// - Throws: ``HearthError`` `overloaded` when too much is unsettled, `insufficient_storage`,
    ///   `storage_unavailable`.
    func append(_ record: Data) throws -> RecordTicket

    /// The rows of these records are on disk.
    func settle(_ tickets: [RecordTicket])
}

/// Names the part of a ``RecordLog`` that holds a record, for `settle`.
package struct RecordTicket: Sendable, Hashable {
    package let segment: Int

    package init(segment: Int) { self.segment = segment }
}

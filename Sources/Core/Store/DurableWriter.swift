package import struct Foundation.Data

/// Writes a file together with the rows that name it.
///
///     let anchor = try await writer.write(picture) { db in
///         if let known = try table.anchor(sha256: hash, in: db) { return .unneeded(known) }
///         return .file(path: path) { db in
///             try table.insert(anchor, in: db)
///             return FileRows(anchor, namesFile: true)
///         }
///     }
///
/// No row is ever visible without its file, to any process and after any crash: the file is on disk before the
/// transaction of its rows ends. A crash between the two leaves a file without a row, which ``FileSweeper`` removes.
package protocol DurableWriter: Sendable {
    /// Plans what to write, writes the file, then the rows; returns when both are on disk.
    ///
    /// A file that no row names in the end is removed. It stays for ``FileSweeper`` when removing it fails, and when it
    /// is not known whether its rows were committed. A caller that is cancelled meanwhile still gets the result.
    /// - Parameters:
    ///   - bytes: of the file.
    ///   - plan: reads, on a consistent snapshot, what is there already. It must not write. What it has read may have
    ///     changed when its `rows` run.
    /// - Throws: what `plan` and its `rows` throw; ``HearthError`` as ``BlobStore/write(_:to:)`` and
    ///   ``Store/write(_:)``.
    func write<T: Sendable>(
        _ bytes: Data, _ plan: @escaping @Sendable (any SQLConnection) throws -> FilePlan<T>
    ) async throws -> T
}

/// What a plan of a ``DurableWriter`` has come to.
package enum FilePlan<T: Sendable>: Sendable {
    /// Nothing has to be written: this is the result.
    case unneeded(T)
    /// The file belongs at `path`; when it is on disk, `rows` runs in a transaction, as of ``Store/write(_:)``.
    case file(path: String, rows: @Sendable (any SQLConnection) throws -> FileRows<T>)
}

/// The result of the transaction that follows a file.
package struct FileRows<T: Sendable>: Sendable {
    package let value: T
    /// Whether a row names the file; otherwise it is removed.
    package let namesFile: Bool

    package init(_ value: T, namesFile: Bool) {
        self.value = value
        self.namesFile = namesFile
    }
}

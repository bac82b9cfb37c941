package import struct Foundation.Data

/// Files that rows refer to, by a path relative to the data folder.
///
/// A path is chosen once, when the file is written; the row that names the file keeps it, and it is never computed
/// again. So a file is removed because its row is gone, never because of the folder that it lies in.
package protocol BlobStore: Sendable {
    /// Writes a new file; when this returns it is on disk under its final name, whole.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`; nothing is left behind then.
    func write(_ bytes: Data, to path: String) async throws

    /// Writes a new file from pieces as they arrive, and waits for the disk between them.
    /// - Parameter limit: bytes that the file may have; read no further than the piece that goes beyond it.
    /// - Returns: the bytes of the file.
    /// - Throws: ``HearthError`` `body_too_large` above the limit; what `pieces` throws; as the other `write`. Nothing
    ///   is left behind then.
    func write(_ pieces: some AsyncSequence<Data, any Error>, to path: String, limit: Int) async throws -> Int

    /// A path on this machine, apart from the files of the store, where a program may write a file to be adopted. No
    /// job of today runs such a program.
    /// - Parameter name: the end of the file's name, for programs that look at the extension; without a slash.
    func stage(_ name: String) async throws -> String

    /// Makes a finished file at a path of ``stage(_:)`` a file of the store, without a copy where that is possible;
    /// when this returns it is on disk under its final name.
    /// - Throws: ``HearthError`` `not_found` when nothing was written there, `internal_error` for a path that was not
    ///   staged here; as `write`. The staged file stays then.
    func adopt(_ staged: String, as path: String) async throws

    /// Names of staged files that were not adopted, in order.
    /// - Parameter limit: the most names; the others are not looked at.
    func staged(limit: Int) async throws -> [String]

    /// Removes staged files by their names; what does not exist is no error.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    func removeStaged(_ names: [String]) async throws

    /// - Throws: ``HearthError`` `not_found`, `storage_unavailable`.
    func read(_ path: String) async throws -> Data

    /// Opens a file to read parts of it; one that is removed meanwhile can be read to its end.
    /// - Throws: ``HearthError`` `not_found`, `storage_unavailable`.
    func open(_ path: String) async throws -> any BlobReader

    /// Removes files, and the folders that become empty by it; what does not exist is no error.
    /// - Throws: ``HearthError`` `storage_unavailable` when one of them cannot be removed; the others are.
    func remove(_ paths: [String]) async throws

    /// Files below a folder, in the order of their paths.
    /// - Parameters:
    ///   - last: the last path of the page before; nil for the first page.
    ///   - limit: the most paths of the page; fewer come only on the last page.
    func list(_ folder: String, after last: String?, limit: Int) async throws -> [String]

    /// Removes the empty folders below a folder.
    func removeEmptyFolders(below folder: String) async throws
}

/// An open file of a ``BlobStore``.
package protocol BlobReader: Sendable {
    /// Bytes of the whole file.
    var size: Int { get }

    /// The bytes of a range; fewer only where the file ends within it.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    func read(_ range: Range<Int>) async throws -> Data
}

extension BlobStore {
    /// Removes one file.
    package func remove(_ path: String) async throws { try await remove([path]) }
}

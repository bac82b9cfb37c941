package import struct Foundation.Data

/// Files that rows refer to, by a path relative to the data folder.
package protocol BlobStore: Sendable {
    /// Writes a new file; when this returns it is on disk under its final name, whole.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`; nothing is left behind then.
    func write(_ bytes: Data, to path: String) async throws

    /// - Throws: ``HearthError`` `not_found`, `storage_unavailable`.
    func read(_ path: String) async throws -> Data

    /// Removes a file or a folder with all in it; what does not exist is no error.
    func remove(_ path: String) async throws

    /// Removes the empty folders below a folder.
    func removeEmptyFolders(below folder: String) async throws

    /// Files below a folder that are older than `age`, with paths relative to the store.
    func list(_ folder: String, olderThan age: Duration) async throws -> [String]
}

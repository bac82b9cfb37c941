package import struct Foundation.Data

/// A file that is about to be written.
package struct NewFile: Sendable {
    /// Relative to the data folder.
    package let path: String
    package let bytes: Data

    package init(path: String, bytes: Data) {
        self.path = path
        self.bytes = bytes
    }
}

/// A ``BlobStore`` that writes many files at the cost of one wait for the disk, for a store that commits their rows on
/// the same thread.
///
/// Its calls block: they belong on a thread that nothing else waits for.
package protocol FileGroupWriter: BlobStore {
    /// Whether a file of so many bytes is written with others. A larger one would make them wait.
    func isGrouped(byteCount: Int) -> Bool

    /// Writes new files. Those that succeed are on disk under their final names, whole, when this returns.
    /// - Returns: a result for each file, in their order: `insufficient_storage`, `storage_unavailable` or `overloaded`
    ///   when it failed; nothing is left of it then.
    func writeGroup(_ files: [NewFile]) -> [Result<Void, any Error>]

    /// Removes a file and the folders that become empty by it. What cannot be removed stays for ``FileSweeper``.
    func removeNow(_ path: String)
}

import Foundation
package import HearthCore

/// Files that the thread of their rows' commit writes.
extension LocalBlobStore: FileGroupWriter {
    /// Whether a file of this size is written by the thread of its rows' commit.
    package func isGrouped(byteCount: Int) -> Bool { byteCount <= Limits.journalFileBytes }

    /// Writes the files and makes them durable together.
    /// - Returns: what became of each, in their order.
    package func writeGroup(_ files: [NewFile]) -> [Result<Void, any Error>] {
        var results = files.map { file in
            Result<Void, any Error> {
                try Self.place(file.bytes, at: absolute(file.path), root: root, isSynchronised: journal == nil)
            }
        }
        guard let journal else { return results }
        let placed = results.indices.filter { if case .success = results[$0] { true } else { false } }
        for (index, result) in zip(placed, journal.append(placed.map { files[$0] })) {
            if case .failure = result { removeNow(files[index].path) }
            results[index] = result
        }
        return results
    }

    /// Removes a file, and the folders that are empty then; one that is not there does not matter.
    package func removeNow(_ path: String) {
        let target = absolute(path)
        unlink(target)
        FilePlace.removeEmptyFolders(above: target, root: root)
    }
}

import Foundation
import HearthCore

@testable import HearthLocalFiles

/// Passes everything on to other files, notes the groups, and fails when told to as a disk does whose fsync fails.
final class FaultyFiles: FileGroupWriter {
    private let base: LocalBlobStore
    /// How many files each group had.
    let groups = Locked<[Int]>([])
    let refuses = Locked(false)

    init(_ base: LocalBlobStore) { self.base = base }

    func isGrouped(byteCount: Int) -> Bool { base.isGrouped(byteCount: byteCount) }

    func writeGroup(_ files: [NewFile]) -> [Result<Void, any Error>] {
        groups.withLock { $0.append(files.count) }
        let results = base.writeGroup(files)
        guard refuses.withLock({ $0 }) else { return results }
        for file in files { base.removeNow(file.path) }
        return files.map { _ in .failure(HearthError(.storageUnavailable, "The disk was told to fail.")) }
    }

    func removeNow(_ path: String) { base.removeNow(path) }

    func write(_ bytes: Data, to path: String) async throws { try await base.write(bytes, to: path) }

    func write(_ pieces: some AsyncSequence<Data, any Error>, to path: String, limit: Int) async throws -> Int {
        try await base.write(pieces, to: path, limit: limit)
    }

    func stage(_ name: String) async throws -> String { try await base.stage(name) }

    func adopt(_ staged: String, as path: String) async throws { try await base.adopt(staged, as: path) }

    func staged(limit: Int) async throws -> [String] { try await base.staged(limit: limit) }

    func removeStaged(_ names: [String]) async throws { try await base.removeStaged(names) }

    func read(_ path: String) async throws -> Data { try await base.read(path) }

    func open(_ path: String) async throws -> any BlobReader { try await base.open(path) }

    func remove(_ paths: [String]) async throws { try await base.remove(paths) }

    func list(_ folder: String, after last: String?, limit: Int) async throws -> [String] {
        try await base.list(folder, after: last, limit: limit)
    }

    func removeEmptyFolders(below folder: String) async throws { try await base.removeEmptyFolders(below: folder) }
}

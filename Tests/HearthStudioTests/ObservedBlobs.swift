import Foundation
import HearthCore

/// Passes everything on to another store, notes what was written, and lets a test act before each write.
final class ObservedBlobs: BlobStore {
    private let base: any BlobStore
    /// Paths in the order in which they were written.
    let written = Locked<[String]>([])
    /// Runs once, before the next write.
    let beforeNextWrite = Locked<(@Sendable () async throws -> Void)?>(nil)

    init(_ base: any BlobStore) { self.base = base }

    func write(_ bytes: Data, to path: String) async throws {
        let action = beforeNextWrite.withLock { action in
            defer { action = nil }
            return action
        }
        try await action?()
        try await base.write(bytes, to: path)
        written.withLock { $0.append(path) }
    }

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

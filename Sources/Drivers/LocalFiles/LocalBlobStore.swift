import CLinux
package import Foundation
package import HearthCore

/// Files in the data folder: written aside and renamed, so that a reader never sees half a file.
///
/// A symbolic link below the data folder is never followed: neither read, nor written or removed through.
///
/// What makes them durable is the journal where there is one, and otherwise fsync on the file and on the folders that
/// changed.
package struct LocalBlobStore: BlobStore {
    let root: String
    private let threads: BlockingThreads
    let journal: BlobJournal?

    /// Below the root; where programs write files to be adopted.
    private static let staging = "staging"

    /// - Parameters:
    ///   - root: the data folder.
    ///   - journal: that of the folder's owner; other processes have none.
    package init(root: String, threads: BlockingThreads, journal: BlobJournal? = nil) {
        self.root = root
        self.threads = threads
        self.journal = journal
    }

    func absolute(_ path: String) -> String { "\(root)/\(path)" }

    // MARK: Writing

    /// Writes a new file; it is on disk, or in the journal, when this returns.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`; nothing is left behind then.
    package func write(_ bytes: Data, to path: String) async throws {
        let (target, root) = (absolute(path), root)
        guard let journal, bytes.count <= Limits.journalFileBytes else {
            return try await threads.run { try Self.place(bytes, at: target, root: root, isSynchronised: true) }
        }
        try await threads.runUntilResumed { (resume: @escaping @Sendable (Result<Void, any Error>) -> Void) in
            do {
                try Self.place(bytes, at: target, root: root, isSynchronised: false)
            } catch {
                return resume(.failure(error))
            }
            journal.append(NewFile(path: path, bytes: bytes)) { result in
                if case .failure = result {
                    unlink(target)
                    FilePlace.removeEmptyFolders(above: target, root: root)
                }
                resume(result)
            }
        }
    }

    static func place(_ bytes: Data, at target: String, root: String, isSynchronised: Bool) throws {
        let file = try PartialFile(for: target, root: root)
        do {
            try file.append(bytes)
            try file.place(isSynchronised: isSynchronised)
        } catch {
            file.discard()
            throw error
        }
    }

    /// Writes a new file from pieces; it is on disk when this returns.
    /// - Throws: ``HearthError`` `body_too_large` above `limit` bytes, `insufficient_storage`, `storage_unavailable`;
    ///   what `pieces` throws. Nothing is left behind then.
    package func write(
        _ pieces: some AsyncSequence<Data, any Error>, to path: String, limit: Int
    ) async throws -> Int {
        let (target, root) = (absolute(path), root)
        let file = try await threads.run { try PartialFile(for: target, root: root) }
        do {
            var count = 0
            for try await piece in pieces {
                guard piece.count <= limit - count else {
                    throw HearthError(.bodyTooLarge, "The file is too long.", hint: "At most \(limit) bytes.")
                }
                count += piece.count
                try await threads.run { try file.append(piece) }
            }
            try await threads.run { try file.place(isSynchronised: true) }
            return count
        } catch {
            // On this thread: it must also happen when the others have too much to do.
            file.discard()
            throw error
        }
    }

    // MARK: Adopting

    /// A path where a program may write a file to be adopted; the folder is made, the file is not.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`.
    package func stage(_ name: String) async throws -> String {
        let (folder, root) = (absolute(Self.staging), root)
        try await threads.run {
            try LinklessPath.checkFolder(of: "\(Self.staging)/\(name)", below: root)
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw SystemFailure.storage("making a folder") }
        }
        return "\(folder)/\(UUID().uuidString)_\(name)"
    }

    /// Renames a staged file to its path, and brings it to disk before.
    /// - Throws: ``HearthError`` `not_found` when nothing was written there, `internal_error` for another path,
    ///   `insufficient_storage`, `storage_unavailable`.
    package func adopt(_ staged: String, as path: String) async throws {
        let (folder, target, root) = (absolute(Self.staging), absolute(path), root)
        guard FilePlace.parent(of: staged) == folder else {
            throw HearthError(.internalError, "A file was to be adopted that was not staged.")
        }
        try await threads.run {
            try LinklessPath.checkFolder(of: path, below: root)
            try Self.synchronise(staged)
            do {
                let (folders, _) = try FilePlace.withFolders(of: target) {
                    guard rename(staged, target) != 0 else { return }
                    let failure = SystemFailure.storage("renaming")
                    guard access(staged, F_OK) == 0 else { throw Self.missingStaged() }
                    throw failure
                }
                do {
                    try FilePlace.synchronise(folders)
                } catch {
                    rename(target, staged)
                    throw error
                }
            } catch {
                FilePlace.removeEmptyFolders(above: target, root: root)
                throw error
            }
        }
    }

    /// Brings a program's file to disk, and takes it from everybody but the owner.
    private static func synchronise(_ staged: String) throws {
        let descriptor = Glibc.open(staged, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ELOOP ? missingStaged() : SystemFailure.storage("opening")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw missingStaged() }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else { throw SystemFailure.storage("writing") }
    }

    private static func missingStaged() -> HearthError {
        HearthError(.notFound, "The program has written no file.")
    }

    /// Names of the files that programs have written and that were not adopted.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    package func staged(limit: Int) async throws -> [String] {
        try await list(Self.staging, after: nil, limit: limit).map { String($0.dropFirst(Self.staging.count + 1)) }
    }

    /// Removes staged files.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    package func removeStaged(_ names: [String]) async throws {
        let (names, root) = (names.map { "\(Self.staging)/\($0)" }, root)
        // The folder stays, though it may be empty: a program may be about to write in it.
        try await threads.run {
            guard LinklessPath.isFree(Self.staging, below: root) else { return }
            for name in names where unlink("\(root)/\(name)") != 0 && errno != ENOENT {
                throw SystemFailure.storage("removing")
            }
        }
    }

    // MARK: Reading

    /// The bytes of a whole file.
    /// - Throws: ``HearthError`` `not_found`, `file_unreadable`, `storage_unavailable`.
    package func read(_ path: String) async throws -> Data {
        let (root, threads) = (root, threads)
        return try await threads.run {
            let reader = try LocalBlobReader(path, below: root, threads: threads)
            return try reader.readWhole(0..<reader.size)
        }
    }

    /// Opens a file to read parts of it.
    /// - Throws: ``HearthError`` `not_found`, `file_unreadable`, `storage_unavailable`.
    package func open(_ path: String) async throws -> any BlobReader {
        let (root, threads) = (root, threads)
        return try await threads.run { try LocalBlobReader(path, below: root, threads: threads) }
    }

    /// A page of at most `limit` paths behind `last`, in their order.
    package func list(_ folder: String, after last: String?, limit: Int) async throws -> [String] {
        let root = root
        return try await threads.run {
            guard LinklessPath.isFree(folder, below: root) else { return [] }
            var walk = FolderWalk(root: root, limit: limit)
            let start = last.map { $0.split(separator: "/").dropFirst(folder.split(separator: "/").count) }
            try walk.walk(folder, after: start)
            return walk.paths
        }
    }

    // MARK: Removing

    /// Removes files that exist, and the folders that become empty by it.
    /// - Throws: ``HearthError`` `storage_unavailable` when one cannot be removed; the others are.
    package func remove(_ paths: [String]) async throws {
        guard !paths.isEmpty else { return }
        let root = root
        try await threads.run {
            // What lies behind a link is no file of the store.
            let free = Set(paths.map(FilePlace.parent)).filter { LinklessPath.isFree($0, below: root) }
            let targets = paths.filter { free.contains(FilePlace.parent(of: $0)) }.map { "\(root)/\($0)" }
            var failure: HearthError?
            for target in targets where unlink(target) != 0 && errno != ENOENT && errno != ENOTDIR {
                failure = SystemFailure.storage("removing")
            }
            for folder in Set(targets.map(FilePlace.parent)) {
                FilePlace.removeEmptyFolders(above: "\(folder)/", root: root)
            }
            if let failure { throw failure }
        }
    }

    /// Removes the empty folders below a folder; the folder itself stays.
    package func removeEmptyFolders(below folder: String) async throws {
        let (start, root) = (absolute(folder), root)
        try await threads.run {
            guard LinklessPath.isFree(folder, below: root) else { return }
            var folders: [String] = []
            let walker = FileManager.default.enumerator(atPath: start)
            while let name = walker?.nextObject() as? String {
                if walker?.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { folders.append(name) }
            }
            // The deepest first; one that is not empty stays.
            for name in folders.reversed() { rmdir("\(start)/\(name)") }
        }
    }
}

package import Foundation
package import HearthCore

/// Files in the data folder: written aside and renamed, so that a reader never sees half a file.
///
/// What makes them durable is the journal where there is one, and otherwise fsync on the file and on the folders that
/// changed.
package struct LocalBlobStore: BlobStore {
    private let root: String
    private let threads: BlockingThreads
    private let journal: BlobJournal?

    /// - Parameters:
    ///   - root: the data folder.
    ///   - journal: that of the folder's owner; other processes have none.
    package init(root: String, threads: BlockingThreads, journal: BlobJournal? = nil) {
        self.root = root
        self.threads = threads
        self.journal = journal
    }

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
            journal.append(bytes, path: path) { result in
                if case .failure = result {
                    unlink(target)
                    Self.removeEmptyFolders(above: target, root: root)
                }
                resume(result)
            }
        }
    }

    /// Writes a file aside and renames it.
    /// - Parameter isSynchronised: whether it is on disk, with its name, when this returns.
    private static func place(_ bytes: Data, at target: String, root: String, isSynchronised: Bool) throws {
        // A name of its own: two attempts may write the same file, and a crash may have left one behind.
        let temporary = "\(target).\(UUID().uuidString).partial"
        do {
            let made = try withFolders(of: target) {
                try writeWhole(bytes, to: temporary, isSynchronised: isSynchronised)
                guard rename(temporary, target) == 0 else { throw SystemFailure.storage("renaming") }
            }
            do {
                if isSynchronised { try synchronise(made) }
            } catch {
                unlink(target)
                throw error
            }
        } catch {
            unlink(temporary)
            removeEmptyFolders(above: target, root: root)
            throw error
        }
    }

    package func read(_ path: String) async throws -> Data {
        let source = absolute(path)
        return try await threads.run {
            do {
                return try Data(contentsOf: URL(fileURLWithPath: source))
            } catch CocoaError.fileNoSuchFile, CocoaError.fileReadNoSuchFile {
                throw HearthError(.notFound, "The file does not exist any more.")
            } catch {
                throw HearthError(
                    .storageUnavailable, "The file cannot be read.",
                    hint: "Check the data folder's permissions and the disk; no restart is needed.", retryAfter: 10,
                    cause: error)
            }
        }
    }

    package func remove(_ path: String) async throws {
        let (target, root) = (absolute(path), root)
        try await threads.run {
            try Self.removeAll(target)
            Self.removeEmptyFolders(above: target, root: root)
        }
    }

    package func list(_ folder: String, olderThan age: Duration) async throws -> [String] {
        let (start, root) = (absolute(folder), root)
        return try await threads.run {
            let newest = Date(timeIntervalSinceNow: -Double(age.milliseconds) / 1_000)
            guard let walker = FileManager.default.enumerator(atPath: start) else { return [] }
            var paths: [String] = []
            while let name = walker.nextObject() as? String {
                let attributes = walker.fileAttributes
                guard attributes?[.type] as? FileAttributeType == .typeRegular,
                    let modified = attributes?[.modificationDate] as? Date, modified <= newest
                else { continue }
                paths.append("\(start)/\(name)".replacing("\(root)/", with: "", maxReplacements: 1))
            }
            return paths
        }
    }

    package func removeEmptyFolders(below folder: String) async throws {
        let start = absolute(folder)
        try await threads.run {
            var folders: [String] = []
            let walker = FileManager.default.enumerator(atPath: start)
            while let name = walker?.nextObject() as? String {
                if walker?.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { folders.append(name) }
            }
            // The deepest first; one that is not empty stays.
            for name in folders.reversed() { rmdir("\(start)/\(name)") }
        }
    }

    private func absolute(_ path: String) -> String { "\(root)/\(path)" }

    // MARK: POSIX

    private static func writeWhole(_ bytes: Data, to path: String, isSynchronised: Bool) throws {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("creating") }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw SystemFailure.storage("writing") }
                rest = rest.dropFirst(written)
            }
        }
        guard !isSynchronised || fdatasync(descriptor) == 0 else { throw SystemFailure.storage("writing") }
    }

    /// Removes a file or a tree; again when others, who remove or write in it as well, have disturbed the walk.
    private static func removeAll(_ target: String) throws {
        var failure: (any Error)?
        for _ in 0..<20 {
            var status = stat()
            guard lstat(target, &status) == 0 || errno != ENOENT else { return }
            do {
                return try FileManager.default.removeItem(atPath: target)
            } catch {
                failure = error
            }
        }
        throw HearthError(
            .storageUnavailable, "The data folder cannot be written (removing).",
            hint: "Check its permissions and the disk; what is left is removed later, no restart is needed.",
            retryAfter: 10, cause: failure)
    }

    /// Makes the folders of a file and acts in them; again when a removal has taken an empty folder away meanwhile.
    /// - Returns: the folders whose entries have changed.
    private static func withFolders(of path: String, _ action: () throws -> Void) throws -> [String] {
        for _ in 0..<100 {
            do {
                let made = try makeFolders(of: path)
                try action()
                return made
            } catch let error as HearthError {
                let isGone = (error.cause as? POSIXError)?.code == .ENOENT && access(parent(of: path), F_OK) != 0
                guard isGone else { throw error }
            }
        }
        throw HearthError(.storageUnavailable, "The folder is being removed.", retryAfter: 1)
    }

    /// Makes missing folders and returns those whose entries change: the file's own, and the parents of new ones.
    private static func makeFolders(of path: String) throws -> [String] {
        let folder = parent(of: path)
        if mkdir(folder, 0o700) == 0 { return [folder, parent(of: folder)] }
        switch errno {
        case EEXIST:
            return [folder]
        case ENOENT:
            let above = try makeFolders(of: folder)
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw SystemFailure.storage("making a folder") }
            return [folder] + above
        default:
            throw SystemFailure.storage("making a folder")
        }
    }

    private static func synchronise(_ folders: [String]) throws {
        for folder in folders {
            let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw SystemFailure.storage("opening a folder") }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else { throw SystemFailure.storage("writing a folder") }
        }
    }

    private static func removeEmptyFolders(above path: String, root: String) {
        var folder = parent(of: path)
        while folder.count > root.count + 1, rmdir(folder) == 0 { folder = parent(of: folder) }
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}

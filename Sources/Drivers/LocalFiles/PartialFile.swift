import Foundation
import HearthCore

/// A file that is being written aside, and gets its name when it is whole. For one thread at a time.
final class PartialFile: Sendable {
    private let target: String
    private let root: String
    private let temporary: String
    private let descriptor: Int32
    /// Those whose entries change: the file's own folder, and the parents of new ones.
    private let folders: [String]

    /// Makes the folders of a file and an empty file beside its place.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`; nothing is left behind then.
    init(for target: String, root: String) throws {
        (self.target, self.root) = (target, root)
        // A name of its own: two attempts may write the same file, and a crash may have left one behind.
        // Foundation's UUID opens the system's random numbers as a file each time.
        let temporary = "\(target).\(String(UInt64.random(in: .min ... .max), radix: 36)).partial"
        self.temporary = temporary
        try LinklessPath.checkFolder(of: String(target.dropFirst(root.count + 1)), below: root)
        do {
            (folders, descriptor) = try FilePlace.withFolders(of: target) {
                let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else { throw SystemFailure.storage("creating") }
                return descriptor
            }
        } catch {
            FilePlace.removeEmptyFolders(above: target, root: root)
            throw error
        }
    }

    deinit { close(descriptor) }

    func append(_ bytes: Data) throws {
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw SystemFailure.storage("writing") }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// Gives the file its name.
    /// - Parameter isSynchronised: whether it is on disk, with its name, when this returns.
    func place(isSynchronised: Bool) throws {
        guard !isSynchronised || fdatasync(descriptor) == 0 else { throw SystemFailure.storage("writing") }
        guard rename(temporary, target) == 0 else { throw SystemFailure.storage("renaming") }
        guard isSynchronised else { return }
        do {
            try FilePlace.synchronise(folders)
        } catch {
            unlink(target)
            throw error
        }
    }

    /// Removes what has been written, and the folders if nothing else is in them.
    func discard() {
        unlink(temporary)
        FilePlace.removeEmptyFolders(above: target, root: root)
    }
}

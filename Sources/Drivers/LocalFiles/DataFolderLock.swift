import Foundation
package import HearthCore

/// Holds a data folder for one server; the kernel lets go of it when the process ends, however it ends.
package final class DataFolderLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``HearthError`` `conflict` when another server has the folder.
    package init(_ folder: DataFolder) throws {
        let path = "\(folder.path)/hearth.lock"
        // Kept by `self` only once it is locked: an initialiser that throws after that would close it a second time.
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw HearthError(.storageUnavailable, "The data folder \(folder.path) cannot be written.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let process = holder.isEmpty ? "another process" : "process \(holder)"
            throw HearthError(
                .conflict, "The data folder \(folder.path) is in use by \(process).",
                hint: "Stop that server first, or choose another folder by --data.")
        }
        ftruncate(descriptor, 0)
        let note = "\(getpid())"
        _ = note.withCString { write(descriptor, $0, strlen($0)) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

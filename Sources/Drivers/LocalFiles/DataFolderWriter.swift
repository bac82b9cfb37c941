import CLinux
import Foundation
package import HearthCore

/// Says that this process writes to a data folder as a worker of its server, until the process ends.
///
/// The kernel holds this for the process and knows which process it is, also when the process hangs or is stopped. So
/// the next server can end the workers of one that was killed and know that none is left, before it gives their jobs to
/// others and removes files that no row names (`docs/decisions/0023-no-other-writer.md`).
package final class DataFolderWriter: Sendable {
    private let file: File

    /// Take it before anything of the folder is opened, and keep it to the end of the process.
    /// - Parameter server: The identifier of the server that has started this process; nil: a person has started it.
    /// - Throws: ``HearthError`` `conflict` when the folder has another server by now, `storage_unavailable`.
    package init(_ folder: DataFolder, server: String?) throws {
        file = try File(folder)
        try file.share()
        // In this order: the next server writes its identifier before it looks who shares the file.
        guard server == nil || DataFolderLock.server(of: folder) == server else {
            throw HearthError(
                .conflict, "The data folder \(folder.path) has another server by now.", hint: "This worker ends.")
        }
    }

    /// The file that workers share.
    final class File: Sendable {
        private let descriptor: Int32

        init(_ folder: DataFolder) throws {
            descriptor = open("\(folder.path)/workers.lock", O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw SystemFailure.storage("opening the lock of the workers") }
        }

        deinit { close(descriptor) }

        func share() throws {
            guard hearth_share_file(descriptor) == 0 else {
                throw SystemFailure.storage("taking the lock of the workers")
            }
        }

        /// A process that shares the file now; nil when there is none.
        func sharer() throws -> pid_t? {
            let sharer = hearth_file_sharer(descriptor)
            guard sharer >= 0 else { throw SystemFailure.storage("looking for other workers") }
            return sharer == 0 ? nil : sharer
        }
    }
}

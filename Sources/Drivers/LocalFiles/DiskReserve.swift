import Foundation
package import HearthCore

/// A file of the data folder whose space is given back when the disk is full, so that deletions can be written.
package final class DiskReserve: SpaceReserve {
    private let path: String
    private let probe: String
    private let bytes: Int
    /// Whether the file has its space.
    private let isFilled = Locked(false)

    /// Takes the space, when the disk has it.
    /// - Parameter bytes: Of the file.
    package init(_ folder: DataFolder, bytes: Int = Limits.diskReserveBytes) {
        path = "\(folder.path)/reserve"
        probe = "\(folder.run)/probe"
        self.bytes = bytes
        _ = check()
    }

    /// Gives the space back.
    /// - Returns: whether there was some.
    package func release() -> Bool {
        isFilled.withLock { isFilled in
            guard isFilled else { return false }
            isFilled = false
            return truncate(path, 0) == 0
        }
    }

    /// Takes the space again when it was given back, and tries whether the folder can be written.
    package func check() -> StorageCondition {
        isFilled.withLock { isFilled in
            do {
                if !isFilled { try fill() }
                isFilled = true
                try write()
                return .writable
            } catch let error as POSIXError where [.ENOSPC, .EDQUOT, .EFBIG].contains(error.code) {
                return .full
            } catch let error as POSIXError {
                return .unwritable(String(cString: strerror(error.code.rawValue)))
            } catch {
                return .unwritable("\(error)")
            }
        }
    }

    /// Gives the file blocks of its own; a file that has them keeps them.
    private func fill() throws {
        let descriptor = open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        defer { close(descriptor) }
        let code = posix_fallocate(descriptor, 0, off_t(bytes))
        guard code == 0 else {
            // What it got of them belongs to others.
            ftruncate(descriptor, 0)
            throw Self.failure(code)
        }
    }

    /// Writes a little to the disk, as every commit does.
    private func write() throws {
        let descriptor = open(probe, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        defer {
            close(descriptor)
            unlink(probe)
        }
        let block = [UInt8](repeating: 0, count: 4_096)
        guard Glibc.write(descriptor, block, block.count) == block.count else { throw Self.failure(errno) }
        guard fdatasync(descriptor) == 0 else { throw Self.failure(errno) }
    }

    private static func failure(_ code: Int32) -> POSIXError { POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
}

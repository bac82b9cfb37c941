import CLinux
import Foundation
import HearthCore

/// An open file of the data folder.
final class LocalBlobReader: BlobReader {
    let size: Int
    private let path: String
    private let descriptor: Int32
    private let threads: BlockingThreads

    /// - Parameter path: relative to the root. A symbolic link is no file of the data folder.
    /// - Throws: ``HearthError`` `not_found`, `file_unreadable`, `storage_unavailable`.
    init(_ path: String, below root: String, threads: BlockingThreads) throws {
        let whole = "\(root)/\(path)"
        // A pipe must not hold up the thread until another process writes into it.
        let descriptor = LinklessPath.open(path, below: root, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let number = errno
            guard !LinklessPath.isRefusal(number) else { throw HearthError(.notFound, "There is no such file.") }
            throw number == ENOENT || number == ENOTDIR
                ? HearthError(.notFound, "The file does not exist any more.") : Self.failure("opening", whole)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw HearthError(.notFound, "There is no such file.")
        }
        self.path = whole
        self.descriptor = descriptor
        self.threads = threads
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    func read(_ range: Range<Int>) async throws -> Data {
        let range = range.clamped(to: 0..<size)
        guard !range.isEmpty else { return Data() }
        return try await threads.run { try self.readWhole(range) }
    }

    func readWhole(_ range: Range<Int>) throws -> Data {
        var bytes = Data(count: range.count)
        let count = try bytes.withUnsafeMutableBytes { buffer in
            var count = 0
            while count < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                let more = pread(descriptor, rest.baseAddress, rest.count, off_t(range.lowerBound + count))
                if more < 0, errno == EINTR { continue }
                guard more >= 0 else { throw Self.failure("reading", path) }
                guard more > 0 else { break }
                count += more
            }
            return count
        }
        return count == bytes.count ? bytes : bytes.prefix(count)
    }

    /// Tells a fault of one file from one of its folder or of the disk: waiting helps against the second only.
    private static func failure(_ action: String, _ path: String) -> HearthError {
        let number = errno
        let ofOneFile: Set<Int32> = [EACCES, EPERM, EIO, EISDIR, ENXIO]
        guard ofOneFile.contains(number), access(FilePlace.parent(of: path), R_OK | X_OK) == 0 else {
            errno = number
            return SystemFailure.storage(action)
        }
        return HearthError(
            .fileUnreadable, "A file cannot be read, although its folder can.",
            hint: "Check its permissions and the disk, then send it again or retry the job.",
            cause: POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO))
    }
}

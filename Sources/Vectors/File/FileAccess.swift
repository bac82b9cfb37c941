import Foundation

/// System calls on files, with what they say when they fail.
enum FileAccess {
    static func failure(_ action: String) -> ScanFileError { .system(errno: errno, action: action) }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at position: Int) throws {
        var sent = 0
        while sent < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, off_t(position + sent))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("writing a scan file") }
            sent += count
        }
    }

    static func sync(_ descriptor: Int32) throws {
        guard fdatasync(descriptor) == 0 else { throw failure("writing a scan file to disk") }
    }

    static func size(_ descriptor: Int32) throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("reading a scan file") }
        return Int(status.st_size)
    }

    /// Gives a file its final name, for good: the folder is on disk too.
    static func rename(_ path: String, to name: String) throws {
        guard Foundation.rename(path, name) == 0 else { throw failure("renaming a scan file") }
        let folder = open((name as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("opening the folder of scan files") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("writing the folder of scan files") }
    }
}

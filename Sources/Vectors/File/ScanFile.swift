import Foundation

/// The file of a collection: segments behind each other, each of which brings a reader to a later version.
///
/// A segment is written behind the last whole one, and its header after everything else is on disk: what a crash leaves
/// has no header, and is written over. Any beginning of the file is a right state at the version of its last segment.
// Unchecked: one writer at a time has it, and hands what it wrote to the collection's worker.
final class ScanFile: @unchecked Sendable {
    private(set) var path: String
    private let descriptor: Int32
    private let mark: UInt64
    /// Bytes up to the end of the last whole segment.
    private(set) var end = 0
    private(set) var segments = 0

    /// Makes an empty file; what is there under this name is gone.
    init(making path: String) throws {
        self.path = path
        descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileAccess.failure("making a scan file") }
        mark = .random(in: .min ... .max)
    }

    private init(opening path: String, _ descriptor: Int32, mark: UInt64) {
        self.path = path
        self.descriptor = descriptor
        self.mark = mark
    }

    deinit { close(descriptor) }

    /// Opens a file and maps its segments, the oldest first.
    /// - Returns: nil when there is none.
    /// - Throws: ``ScanFileError`` `damaged` when not even its first segment is whole and of this collection.
    static func open(
        _ path: String, name: String, dims: Int, metric: VectorMetric
    ) throws -> (file: ScanFile, segments: [SegmentRows])? {
        let descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileAccess.failure("opening a scan file")
        }
        var headers: [SegmentHeader] = []
        var end = 0
        do {
            let size = try FileAccess.size(descriptor)
            while let header = try header(descriptor, at: end, size: size), header.ordinal == headers.count,
                header.name == name, header.dims == dims, header.metric == metric,
                header.mark == headers.first?.mark ?? header.mark, header.version >= headers.last?.version ?? .min
            {
                headers.append(header)
                end += header.length
            }
        } catch {
            close(descriptor)
            throw error
        }
        let file = ScanFile(opening: path, descriptor, mark: headers.first?.mark ?? 0)
        guard !headers.isEmpty else { throw ScanFileError.damaged("header") }
        var segments: [SegmentRows] = []
        for header in headers {
            segments.append(try file.map(header))
        }
        return (file, segments)
    }

    /// Adds a segment and maps it. When it throws, the file is as it was.
    func append(_ contents: SegmentContents) throws -> SegmentRows {
        guard ftruncate(descriptor, off_t(end)) == 0 else { throw FileAccess.failure("writing a scan file") }
        let header = try contents.write(to: descriptor, at: end, mark: mark, ordinal: segments)
        return try map(header)
    }

    /// Takes the place of the file with this name, if there is one: afterwards there is this or the other one, whole.
    func publish(as name: String) throws {
        try FileAccess.rename(path, to: name)
        path = name
    }

    private func map(_ header: SegmentHeader) throws -> SegmentRows {
        let rows = try SegmentRows(header, FileMapping(descriptor, offset: end, count: header.length))
        end += header.length
        segments += 1
        return rows
    }

    private static func header(_ descriptor: Int32, at position: Int, size: Int) throws -> SegmentHeader? {
        guard size - position >= SegmentHeader.bytes else { return nil }
        var page = [UInt8](repeating: 0, count: SegmentHeader.bytes)
        let count = page.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(position)) }
        guard count >= 0 else { throw FileAccess.failure("reading a scan file") }
        guard count == SegmentHeader.bytes else { return nil }
        return page.withUnsafeBytes { SegmentHeader($0, available: size - position) }
    }
}

/// Why a scan file cannot be used. It is derived from rows, so that this is never the end of a search.
package enum ScanFileError: Error {
    /// Its bytes are not what was written, or not what this program writes: it has to be rebuilt.
    case damaged(String)
    /// A system call has failed.
    case system(errno: Int32, action: String)
}

/// Pages of a file, readable as memory as long as this object lives.
// Unchecked: the memory is only read.
final class FileMapping: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    /// - Parameter offset: a whole number of pages.
    init(_ descriptor: Int32, offset: Int, count: Int) throws {
        guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, off_t(offset)), base != MAP_FAILED else {
            throw FileAccess.failure("mapping a scan file")
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// Says that a range is read here and there: what lies around a place need not be fetched with it.
    func expectRandomReads(_ range: Range<Int>) {
        let page = SegmentHeader.bytes
        let begin = (range.lowerBound + page - 1) / page * page
        guard let base = bytes.baseAddress, begin < range.upperBound else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + begin), range.upperBound - begin, MADV_RANDOM)
    }
}

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

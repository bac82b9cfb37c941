import Foundation

/// The file of a collection: segments behind each other, each of which brings a reader to a later version.
///
/// A segment is written behind the last whole one, and its header after everything else is on disk: what a crash leaves
/// has no header, and is written over. Any beginning of the file is a right state at the version of its last segment.
/// A sealed file has the same segments, each as ``SegmentSeal`` lays it out.
// Unchecked: one writer at a time has it, and hands what it wrote to the collection's worker.
final class ScanFile: @unchecked Sendable {
    private(set) var path: String
    private let descriptor: Int32
    private let mark: UInt64
    /// Nil: it is not sealed.
    private let cipher: (any ScanCipher)?
    /// Bytes up to the end of the last whole segment.
    private(set) var end = 0
    private(set) var segments = 0

    /// Makes an empty file; what is there under this name is gone.
    init(making path: String, cipher: (any ScanCipher)?) throws {
        self.path = path
        self.cipher = cipher
        descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileAccess.failure("making a scan file") }
        mark = .random(in: .min ... .max)
    }

    private init(opening path: String, _ descriptor: Int32, mark: UInt64, cipher: (any ScanCipher)?) {
        self.path = path
        self.cipher = cipher
        self.descriptor = descriptor
        self.mark = mark
    }

    deinit { close(descriptor) }

    /// Opens a file and maps its segments, the oldest first; those of a sealed file are opened into memory.
    /// - Parameter cipher: of a sealed file; one that is not sealed is damaged then, and the other way round.
    /// - Returns: nil when there is none.
    /// - Throws: ``ScanFileError`` `damaged` when not even its first segment is whole and of this collection.
    static func open(
        _ path: String, name: String, dims: Int, metric: VectorMetric, cipher: (any ScanCipher)?
    ) throws -> (file: ScanFile, segments: [SegmentRows])? {
        let descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileAccess.failure("opening a scan file")
        }
        var headers: [SegmentHeader] = []
        do {
            let size = try FileAccess.size(descriptor)
            var end = 0
            while let (header, bytes) = try next(descriptor, at: end, size: size, name: name, cipher: cipher),
                header.ordinal == headers.count, header.name == name, header.dims == dims, header.metric == metric,
                header.mark == headers.first?.mark ?? header.mark, header.version >= headers.last?.version ?? .min
            {
                headers.append(header)
                end += bytes
            }
        } catch {
            close(descriptor)
            throw error
        }
        let file = ScanFile(opening: path, descriptor, mark: headers.first?.mark ?? 0, cipher: cipher)
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
        let header = try contents.write(
            to: descriptor, at: end, mark: mark, ordinal: segments, cipher: cipher)
        return try map(header)
    }

    /// Takes the place of the file with this name, if there is one: afterwards there is this or the other one, whole.
    func publish(as name: String) throws {
        try FileAccess.rename(path, to: name)
        path = name
    }

    private func map(_ header: SegmentHeader) throws -> SegmentRows {
        let rows: SegmentRows
        if let cipher {
            let seal = SegmentSeal(cipher: cipher, name: header.name, mark: mark, ordinal: header.ordinal)
            rows = try SegmentRows(header, try seal.open(header, from: descriptor, at: end))
            end += seal.bytes(of: header)
        } else {
            rows = try SegmentRows(header, FileMapping(descriptor, offset: end, count: header.length))
            end += header.length
        }
        segments += 1
        return rows
    }

    /// The header of the segment at a place, and the bytes of the segment in the file; nil when there is no whole one.
    private static func next(
        _ descriptor: Int32, at position: Int, size: Int, name: String, cipher: (any ScanCipher)?
    ) throws -> (header: SegmentHeader, bytes: Int)? {
        if let cipher {
            let found = try SegmentSeal.read(descriptor, at: position, size: size, name: name, cipher: cipher)
            return found.map { ($0.header, $0.seal.bytes(of: $0.header)) }
        }
        return try header(descriptor, at: position, size: size).map { ($0, $0.length) }
    }

    private static func header(_ descriptor: Int32, at position: Int, size: Int) throws -> SegmentHeader? {
        guard size - position >= SegmentHeader.bytes else { return nil }
        let page = try FileAccess.read(SegmentHeader.bytes, from: descriptor, at: position)
        guard page.count == SegmentHeader.bytes else { return nil }
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

    /// Bytes of a range; fewer only where the file ends within it.
    static func read(_ count: Int, from descriptor: Int32, at position: Int) throws -> Data {
        var bytes = Data(count: count)
        var received = 0
        while received < count {
            let part = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor, buffer.baseAddress.map { $0 + received }, count - received, off_t(position + received))
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw failure("reading a scan file") }
            if part == 0 { break }
            received += part
        }
        return received == count ? bytes : bytes.prefix(received)
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

package import Foundation
package import HearthCore
import HearthVectors
package import Logging

/// Records that are known before their rows are: written to a file by one `write(2)` each, forgotten when their rows
/// are on disk.
///
/// What is appended survives a crash of the process, because the operating system holds it; it is not
/// synchronised, so the loss of the machine may take the last seconds. The next process that opens the log gets what
/// was not settled, and makes the rows again: these must be such that twice is the same as once.
///
///     offset  bytes  what
///          0      4  "HR01"
///          4      4  length of the record
///          8      8  XXH64 of the record, its length as seed
///         16      …  the record
///
/// A segment is removed when all of its records are settled and another has taken its place, and cut back to nothing
/// when it is settled and has grown. What cannot be read is never removed: a segment that the disk does not give stays
/// for the next start, one whose end is not whole is kept as `….damaged`, records that were set aside as `….unread`.
package final class LocalRecordLog: RecordLog {
    private struct Segment {
        let descriptor: Int32
        var bytes = 0
        /// Records whose rows are not known to be on disk.
        var open = 0
    }

    /// A segment of an earlier process, and whether it was read to its end.
    private struct Leftover {
        let path: String
        let isWhole: Bool
    }

    private struct State {
        var segments: [Int: Segment] = [:]
        var current = 0
        var bytes: Int { segments.values.reduce(0) { $0 + $1.bytes } }
    }

    private static let magic: UInt32 = 0x3130_5248
    private static let headBytes = 16

    private let folder: String
    private let segmentBytes: Int
    private let limit: Int
    private let state = Locked(State())
    private let found: Locked<(files: [Leftover], records: [Data])>

    /// Opens the log, and reads what an earlier process has left unsettled.
    /// - Parameters:
    ///   - folder: where its segments are; made when missing.
    ///   - limit: bytes of all segments; more are refused.
    ///   - read: gives the bytes of a segment; tests let it fail.
    /// - Throws: ``HearthError`` `storage_unavailable` when the folder cannot be made or listed.
    package init(
        folder: String, segmentBytes: Int = Limits.recordSegmentBytes, limit: Int = Limits.recordLogBytes,
        logger: Logger, read: (String) throws -> Data = { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    ) throws {
        self.folder = folder
        self.segmentBytes = segmentBytes
        self.limit = limit
        let names = try Self.segmentNames(in: folder)
        var (files, records): ([Leftover], [Data]) = ([], [])
        for name in names {
            let path = "\(folder)/\(name)"
            do {
                let (whole, torn) = Self.records(in: try read(path))
                records += whole
                files.append(Leftover(path: path, isWhole: torn == 0))
                if torn > 0 {
                    logger.warning(
                        "The end of a log is not whole; the file is kept",
                        metadata: ["file": "\(Self.damaged(path))", "bytes": "\(torn)"])
                }
            } catch {
                logger.error(
                    "A log cannot be read; it is kept, and read by the next start",
                    metadata: ["file": "\(path)", "error": "\(error)"])
            }
        }
        found = Locked((files, records))
        let last = names.compactMap { Int($0.dropLast(4)) }.max() ?? 0
        try state.withLock { state in
            state.current = last + 1
            state.segments[state.current] = try Self.open(folder, last + 1)
        }
    }

    deinit { state.withLock { state in for segment in state.segments.values { close(segment.descriptor) } } }

    /// What an earlier process has left, oldest first; empty once `forgetLeftovers` was called.
    package var leftovers: [Data] { found.withLock { $0.records } }

    /// The rows of the leftovers are on disk, or they were set aside.
    package func forgetLeftovers() {
        let files = found.withLock { found in
            defer { found = ([], []) }
            return found.files
        }
        for file in files {
            if file.isWhole { unlink(file.path) } else { rename(file.path, Self.damaged(file.path)) }
        }
    }

    /// Writes records to a file of their own beside the segments.
    /// - Returns: the file's path.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`.
    package func setAside(_ records: [Data]) throws -> String {
        let path = "\(folder)/\(Identifier.make()).unread"
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("keeping records aside") }
        defer { close(descriptor) }
        do {
            try Self.write(Data(records.map(Self.framed).joined()), at: 0, to: descriptor)
            guard fsync(descriptor) == 0 else { throw SystemFailure.storage("keeping records aside") }
        } catch {
            // It is tried again, so this file would stay for nothing.
            unlink(path)
            throw error
        }
        return path
    }

    /// The segments in a folder, which is made when it is missing; the oldest first.
    private static func segmentNames(in folder: String) throws -> [String] {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".log") }.sorted()
        } catch {
            throw HearthError(
                .storageUnavailable, "The folder \(folder) cannot be read.",
                hint: "Check its permissions and the disk.", cause: error)
        }
    }

    private static func damaged(_ path: String) -> String { "\(path).damaged" }

    /// Writes a record; when this returns, a crash of the process does not lose it.
    /// - Throws: ``HearthError`` `overloaded` when too much is unsettled, `insufficient_storage`,
    ///   `storage_unavailable`.
    package func append(_ record: Data) throws -> RecordTicket {
        let bytes = Self.framed(record)
        return try state.withLock { state in
            guard state.bytes + bytes.count <= limit else {
                throw HearthError(.overloaded, "Too much waits to be stored.", retryAfter: 1)
            }
            try rotate(&state)
            guard var segment = state.segments[state.current] else {
                throw HearthError(.storageUnavailable, "The log is closed.")
            }
            try Self.write(bytes, at: segment.bytes, to: segment.descriptor)
            segment.bytes += bytes.count
            segment.open += 1
            state.segments[state.current] = segment
            return RecordTicket(segment: state.current)
        }
    }

    /// The rows of these records are on disk.
    package func settle(_ tickets: [RecordTicket]) {
        state.withLock { state in
            for ticket in tickets { state.segments[ticket.segment]?.open -= 1 }
            for (number, segment) in state.segments where segment.open == 0 && segment.bytes > 0 {
                if number == state.current {
                    // The next record stands at the start again; what is behind it is of no segment's length.
                    guard ftruncate(segment.descriptor, 0) == 0 else { continue }
                    state.segments[number]?.bytes = 0
                } else {
                    close(segment.descriptor)
                    unlink(Self.path(folder, number))
                    state.segments[number] = nil
                }
            }
        }
    }

    /// Begins another segment when the current one is full.
    private func rotate(_ state: inout State) throws {
        guard let segment = state.segments[state.current], segment.bytes >= segmentBytes else { return }
        let next = try Self.open(folder, state.current + 1)
        state.current += 1
        state.segments[state.current] = next
    }

    private static func path(_ folder: String, _ number: Int) -> String {
        let digits = String(number)
        return "\(folder)/\(String(repeating: "0", count: max(12 - digits.count, 0)))\(digits).log"
    }

    private static func open(_ folder: String, _ number: Int) throws -> Segment {
        let descriptor = Glibc.open(path(folder, number), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("opening a log") }
        return Segment(descriptor: descriptor)
    }

    private static func framed(_ record: Data) -> Data {
        var bytes = Data(capacity: headBytes + record.count)
        withUnsafeBytes(of: magic.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(clamping: record.count).littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: checksum(record).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(record)
        return bytes
    }

    private static func checksum(_ record: Data) -> UInt64 {
        record.withUnsafeBytes { XXHash64.checksum($0, seed: UInt64($0.count)) }
    }

    /// One system call, so that a crash of the process is before or after it, not in the middle.
    private static func write(_ bytes: Data, at offset: Int, to descriptor: Int32) throws {
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == bytes.count else {
            let failure = SystemFailure.storage("writing a log")
            // What was written in part is no record: the next one stands in its place.
            ftruncate(descriptor, off_t(offset))
            throw failure
        }
    }

    /// The whole records at the start of a file, and how many bytes follow them that are none.
    static func records(in bytes: Data) -> (records: [Data], torn: Int) {
        var records: [Data] = []
        var position = 0
        bytes.withUnsafeBytes { bytes in
            while bytes.count - position >= headBytes {
                func word<Word: FixedWidthInteger>(_ offset: Int, _ type: Word.Type) -> Word {
                    Word(littleEndian: bytes.loadUnaligned(fromByteOffset: position + offset, as: type))
                }
                let count = Int(word(4, UInt32.self))
                guard word(0, UInt32.self) == magic, count <= bytes.count - position - headBytes else { return }
                let record = Data(bytes[(position + headBytes)..<(position + headBytes + count)])
                guard checksum(record) == word(8, UInt64.self) else { return }
                records.append(record)
                position += headBytes + count
            }
        }
        return (records, bytes.count - position)
    }
}

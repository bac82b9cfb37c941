import Foundation
import HearthCore

/// One file of the journal, filled from its start and then used again.
///
/// `@unchecked Sendable`: `epoch` and `end` are changed by the writer's appends and, under the journal's lock, by
/// the code that makes it the current segment, at which moment no writer has it; everything else only reads the file.
final class JournalSegment: @unchecked Sendable {
    let path: String
    private let descriptor: Int32
    private(set) var epoch: UInt64 = 0
    /// Where the next record begins.
    private(set) var end = 0

    /// Opens or makes the file.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("opening the journal") }
    }

    deinit { close(descriptor) }

    /// Forgets what it held: the records of other epochs are not read.
    func begin(epoch: UInt64) {
        self.epoch = epoch
        end = 0
    }

    /// Writes files behind each other and waits until they are on disk; when it throws, none of them counts.
    func append(_ files: [NewFile]) throws {
        var position = end
        for file in files {
            guard let record = JournalRecord(path: file.path, bytes: file.bytes, epoch: epoch) else {
                throw HearthError(.internalError, "The path of a file is too long for the journal.")
            }
            try record.block().withUnsafeBytes { try write($0, at: position) }
            try file.bytes.withUnsafeBytes { try writeBlocks($0, at: position + JournalRecord.blockBytes) }
            position += record.length
        }
        guard fdatasync(descriptor) == 0 else { throw SystemFailure.storage("writing the journal") }
        end = position
    }

    /// Whole blocks only, the last one filled up with zeros: a part of a block would have to be read first.
    private func writeBlocks(_ bytes: UnsafeRawBufferPointer, at position: Int) throws {
        let whole = bytes.count / JournalRecord.blockBytes * JournalRecord.blockBytes
        try write(UnsafeRawBufferPointer(rebasing: bytes[..<whole]), at: position)
        guard whole < bytes.count else { return }
        var last = [UInt8](repeating: 0, count: JournalRecord.blockBytes)
        last.replaceSubrange(0..<bytes.count - whole, with: bytes[whole...])
        try last.withUnsafeBytes { try write($0, at: position + whole) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at position: Int) throws {
        var sent = 0
        while sent < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, position + sent)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemFailure.storage("writing the journal") }
            sent += count
        }
    }

    /// Its files are on disk in their own places: a later start need not compare them.
    func clear() {
        let zeros = [UInt8](repeating: 0, count: JournalRecord.blockBytes)
        // When it fails, the next start compares files that are whole, which costs time and nothing else.
        try? zeros.withUnsafeBytes { try write($0, at: 0) }
    }

    // MARK: After a crash

    /// Reads the records of the epoch that the first one has, up to the first that is not whole.
    func replay(_ body: (JournalRecord, Data) throws -> Void) throws {
        var position = 0
        var first: UInt64?
        while let (record, bytes) = try self.record(at: position), first == nil || record.epoch == first {
            first = record.epoch
            try body(record, bytes)
            position += record.length
        }
    }

    /// The epoch of the first record; nil when there is none.
    func firstEpoch() throws -> UInt64? { try record(at: 0)?.0.epoch }

    private func record(at position: Int) throws -> (JournalRecord, Data)? {
        let block = try read(JournalRecord.blockBytes, at: position)
        guard let record = block.withUnsafeBytes({ JournalRecord(block: $0) }) else { return nil }
        let bytes = try read(record.count, at: position + JournalRecord.blockBytes)
        guard bytes.withUnsafeBytes({ record.matches($0) }) else { return nil }
        return (record, bytes)
    }

    /// - Returns: fewer bytes at the end of the file.
    private func read(_ count: Int, at position: Int) throws -> Data {
        var bytes = Data(count: count)
        var got = 0
        while got < count {
            let part = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + got }, count - got, position + got)
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw SystemFailure.storage("reading the journal") }
            if part == 0 { break }
            got += part
        }
        return bytes.prefix(got)
    }
}

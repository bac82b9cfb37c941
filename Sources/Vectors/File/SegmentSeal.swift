import Foundation

/// How a segment lies on the disk when its collection is sealed: a page that says where it belongs, with the segment's
/// own header sealed in it, and everything else behind it in sealed pieces.
///
/// In clear are a random mark, the segment's place among the others, and, by the file's length, about how large the
/// collection is. `docs/vectors.md` has the layout.
struct SegmentSeal: Sendable {
    /// Bytes in front of the first piece.
    static let prefixBytes = 2 * SegmentHeader.bytes
    /// What one piece holds, but for the last two of a segment.
    static let pieceBytes = SegmentWriter.bufferBytes
    private static let format: UInt32 = 1
    private static let magic: UInt64 = 0x5353_6874_7261_6548  // "HearthSS"
    /// Where the sealed header begins.
    private static let headerOffset = 64

    let cipher: any ScanCipher
    /// The collection's id.
    let name: String
    let mark: UInt64
    let ordinal: Int

    /// - Parameter number: 0 for the header.
    private func context(_ number: Int) -> String { "scan/\(name)/\(mark)/\(ordinal)/\(number)" }

    // MARK: - Writing

    /// Writes a piece behind the others, and counts on.
    func write(
        _ bytes: UnsafeRawBufferPointer, number: Int, to descriptor: Int32, at position: Int
    ) throws -> Int {
        let sealed = try cipher.seal(Data(bytes), context: context(number))
        try sealed.withUnsafeBytes { try FileAccess.write($0, to: descriptor, at: position) }
        return sealed.count
    }

    /// Writes the page in front of all pieces: with it the segment is whole.
    func write(header: [UInt8], to descriptor: Int32, at start: Int) throws {
        var page: [UInt8] = []
        page.reserveCapacity(Self.prefixBytes)
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { page.append(contentsOf: $0) }
        }
        put(Self.magic)
        put(UInt64(Self.format))
        put(mark)
        put(UInt64(ordinal))
        page += [UInt8](repeating: 0, count: Self.headerOffset - page.count)
        page += try cipher.seal(Data(header), context: context(0))
        page += [UInt8](repeating: 0, count: Self.prefixBytes - page.count)
        try page.withUnsafeBytes { try FileAccess.write($0, to: descriptor, at: start) }
    }

    // MARK: - Reading

    /// The seal of the segment at a place, and the segment's header; nil when there is no whole one.
    static func read(
        _ descriptor: Int32, at position: Int, size: Int, name: String, cipher: any ScanCipher
    ) throws -> (seal: SegmentSeal, header: SegmentHeader)? {
        guard size - position >= prefixBytes else { return nil }
        let page = try FileAccess.read(prefixBytes, from: descriptor, at: position)
        let numbers = page.withUnsafeBytes { bytes in
            (0..<4).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        guard numbers[0] == magic, numbers[1] == UInt64(format), let ordinal = Int(exactly: numbers[3]) else {
            return nil
        }
        let seal = SegmentSeal(cipher: cipher, name: name, mark: numbers[2], ordinal: ordinal)
        let sealed = page[headerOffset..<headerOffset + SegmentHeader.bytes + cipher.overhead]
        guard let plain = try? cipher.open(sealed, context: seal.context(0)) else { return nil }
        let header = plain.withUnsafeBytes { SegmentHeader($0, available: .max) }
        guard let header, header.mark == seal.mark, header.ordinal == ordinal,
            seal.end(of: header) <= size - position
        else { return nil }
        return (seal, header)
    }

    /// Opens all pieces of a segment into memory, on all cores.
    /// - Throws: ``ScanFileError``.
    func open(_ header: SegmentHeader, from descriptor: Int32, at start: Int) throws -> FileMapping {
        let memory = try FileMapping(copyOf: header.length)
        header.encoded().withUnsafeBytes { memory.fill(at: 0, with: $0) }
        let reading = Reading(seal: self, pieces: pieces(of: header), descriptor: descriptor, start: start, memory)
        let split = ScanSplit()
        let parts = max(1, min(split.cores, reading.pieces.count))
        split.run(parts) { part in
            for number in stride(from: part, to: reading.pieces.count, by: parts) { reading.read(number) }
        }
        if let failure = reading.failure { throw failure }
        return memory
    }

    /// Bytes of the file up to the next segment: whole pages.
    func bytes(of header: SegmentHeader) -> Int {
        (end(of: header) + SegmentHeader.bytes - 1) / SegmentHeader.bytes * SegmentHeader.bytes
    }

    /// Bytes up to the end of the last piece.
    private func end(of header: SegmentHeader) -> Int {
        pieces(of: header).last.map { $0.sealed.upperBound } ?? Self.prefixBytes
    }

    fileprivate struct Piece {
        let plain: Range<Int>
        let sealed: Range<Int>
    }

    /// In the order of the file: blocks as they were written, and the checksums behind them.
    private func pieces(of header: SegmentHeader) -> [Piece] {
        var (pieces, position): ([Piece], Int) = ([], Self.prefixBytes)
        func add(_ plain: Range<Int>) {
            let sealed = position..<position + plain.count + cipher.overhead
            pieces.append(Piece(plain: plain, sealed: sealed))
            position = sealed.upperBound
        }
        let blocks = header.blocks
        for begin in stride(from: blocks.lowerBound, to: blocks.upperBound, by: Self.pieceBytes) {
            add(begin..<min(begin + Self.pieceBytes, blocks.upperBound))
        }
        if blocks.upperBound < header.length { add(blocks.upperBound..<header.length) }
        return pieces
    }

    /// What several threads share while pieces are opened.
    // Unchecked: each piece has a range of the memory and a slot for its failure of its own.
    private final class Reading: @unchecked Sendable {
        let seal: SegmentSeal
        let pieces: [Piece]
        private let descriptor: Int32
        private let start: Int
        private let memory: FileMapping
        private let failures: UnsafeMutablePointer<(any Error)?>

        init(seal: SegmentSeal, pieces: [Piece], descriptor: Int32, start: Int, _ memory: FileMapping) {
            self.seal = seal
            self.pieces = pieces
            self.descriptor = descriptor
            self.start = start
            self.memory = memory
            failures = .allocate(capacity: max(pieces.count, 1))
            failures.initialize(repeating: nil, count: max(pieces.count, 1))
        }

        deinit {
            failures.deinitialize(count: max(pieces.count, 1))
            failures.deallocate()
        }

        /// The first one, by the order of the pieces.
        var failure: (any Error)? { (0..<pieces.count).lazy.compactMap { self.failures[$0] }.first }

        func read(_ number: Int) {
            let piece = pieces[number]
            do {
                let sealed = try FileAccess.read(
                    piece.sealed.count, from: descriptor, at: start + piece.sealed.lowerBound)
                guard let plain = try? seal.cipher.open(sealed, context: seal.context(number + 1)),
                    plain.count == piece.plain.count
                else { throw ScanFileError.damaged("sealed piece \(number)") }
                plain.withUnsafeBytes { memory.fill(at: piece.plain.lowerBound, with: $0) }
            } catch {
                failures[number] = error
            }
        }
    }
}

/// Where the bytes of a segment go: into the file as they are, or sealed piece by piece.
struct SegmentTarget {
    let descriptor: Int32
    /// Where the segment begins in the file.
    let start: Int
    let seal: SegmentSeal?
    private var pieces = 0
    private var position = SegmentSeal.prefixBytes

    init(_ descriptor: Int32, start: Int, seal: SegmentSeal?) {
        self.descriptor = descriptor
        self.start = start
        self.seal = seal
    }

    /// Writes what follows everything that was written before.
    /// - Parameter offset: of the bytes in the segment.
    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        guard let seal else { return try FileAccess.write(bytes, to: descriptor, at: start + offset) }
        guard !bytes.isEmpty else { return }
        pieces += 1
        position += try seal.write(bytes, number: pieces, to: descriptor, at: start + position)
    }

    /// Writes the header, last of all, and returns when all is on disk.
    func finish(_ header: SegmentHeader) throws {
        try FileAccess.sync(descriptor)
        if let seal {
            try seal.write(header: header.encoded(), to: descriptor, at: start)
        } else {
            try header.encoded().withUnsafeBytes { try FileAccess.write($0, to: descriptor, at: start) }
        }
        try FileAccess.sync(descriptor)
    }
}

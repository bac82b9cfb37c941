import Foundation

/// The first page of a segment: what it is, where its sections are, and whether the page is whole.
///
/// All numbers are little-endian; `docs/vectors.md` has the layout byte by byte.
struct SegmentHeader: Equatable {
    /// Parts of a segment, in the order of the file.
    enum Section: Int, CaseIterable {
        case codes, scales, biases, vectors, itemOffsets, itemBytes, ownerOffsets, ownerBytes, slots, attributes, dead
        case checksums
    }

    static let bytes = 4_096
    /// Bytes that share a checksum.
    static let blockBytes = 16_384
    static let format: UInt32 = 1
    static let longestName = 128
    /// Where the bounds are: four float32 in front of the checksum. Older programs wrote zeros there.
    private static let boundsOffset = bytes - 24
    private static let magic: UInt64 = 0x4653_6874_7261_6548  // "HearthSF"
    private static let order: UInt32 = 0x0A0B_0C0D

    /// Random, the same in all segments of a file: they belong together.
    var mark: UInt64 = 0
    /// Place among the segments of the file.
    var ordinal = 0
    /// Bytes of the segment, this page included: whole pages.
    var length = 0
    /// The collection's version that this and all earlier segments bring a reader to.
    var version: Int64 = 0
    var dims = 0
    var metric = VectorMetric.cosine
    var ownersAreItems = true
    var rows = 0
    /// Of all rows; nil in files of programs that did not know them.
    var bounds: RowBounds?
    /// Checksum of the section of checksums.
    var checksum: UInt64 = 0
    /// The collection's id.
    var name = ""
    /// In-segment offset and length of each section.
    var sections = [Range<Int>](repeating: 0..<0, count: Section.allCases.count)

    subscript(section: Section) -> Range<Int> {
        get { sections[section.rawValue] }
        set { sections[section.rawValue] = newValue }
    }

    /// Bytes that the blocks cover.
    var blocks: Range<Int> { Self.bytes..<self[.checksums].lowerBound }

    /// The page.
    func encoded() -> [UInt8] {
        var page: [UInt8] = []
        page.reserveCapacity(Self.bytes)
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { page.append(contentsOf: $0) }
        }
        put(Self.magic)
        put(Self.format)
        put(Self.order)
        put(mark)
        put(UInt64(ordinal))
        put(UInt64(length))
        put(version)
        put(UInt32(dims))
        put(UInt32(QuantisedMatrixView.stride(dims: dims)))
        put(Self.number(of: metric))
        put(UInt32(ownersAreItems ? 1 : 0))
        put(UInt64(rows))
        put(UInt64(Self.blockBytes))
        put(checksum)
        for section in sections {
            put(UInt64(section.lowerBound))
            put(UInt64(section.count))
        }
        put(UInt64(name.utf8.count))
        page.append(contentsOf: name.utf8)
        page.append(contentsOf: [UInt8](repeating: 0, count: Self.boundsOffset - page.count))
        for bound in [bounds?.errorSteps, bounds?.lengthSteps, bounds?.error, bounds?.length] {
            put((bound ?? 0).bitPattern)
        }
        let sum = page.withUnsafeBytes { XXHash64.checksum($0) }
        put(sum)
        return page
    }

    /// Reads a page.
    /// - Parameter available: bytes from the page's start to the end of the file.
    /// - Returns: nil when this is no whole page of this format: the file ends here.
    init?(_ page: UnsafeRawBufferPointer, available: Int) {
        guard page.count >= Self.bytes, available >= Self.bytes else { return nil }
        var place = 0
        func take<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
            defer { place += MemoryLayout<Number>.size }
            return Number(littleEndian: page.loadUnaligned(fromByteOffset: place, as: Number.self))
        }
        func size() -> Int? { Int(exactly: take(UInt64.self)) }
        let sum = page.loadUnaligned(fromByteOffset: Self.bytes - 8, as: UInt64.self)
        let body = UnsafeRawBufferPointer(rebasing: page[..<(Self.bytes - 8)])
        guard UInt64(littleEndian: sum) == XXHash64.checksum(body), take() == Self.magic, take() == Self.format,
            take() == Self.order
        else { return nil }
        mark = take()
        guard let ordinal = size(), let length = size() else { return nil }
        (self.ordinal, self.length) = (ordinal, length)
        version = take()
        dims = Int(take(UInt32.self))
        let stride = Int(take(UInt32.self))
        guard let metric = Self.metric(of: take()), stride == QuantisedMatrixView.stride(dims: dims) else { return nil }
        self.metric = metric
        ownersAreItems = take(UInt32.self) == 1
        guard let rows = size(), size() == Self.blockBytes else { return nil }
        self.rows = rows
        checksum = take()
        for index in sections.indices {
            guard let start = size(), let count = size(), count <= length, start <= length - count else { return nil }
            sections[index] = start..<start + count
        }
        guard let nameBytes = size(), nameBytes <= Self.longestName else { return nil }
        name = String(decoding: page[place..<place + nameBytes], as: UTF8.self)
        place = Self.boundsOffset
        bounds = RowBounds(
            errorSteps: Float(bitPattern: take()), lengthSteps: Float(bitPattern: take()),
            error: Float(bitPattern: take()), length: Float(bitPattern: take()))
        guard isSound(available: available) else { return nil }
    }

    init() {}

    /// Whether the sections fit what the counts say, so that readers need not ask again.
    private func isSound(available: Int) -> Bool {
        let isBiased = metric == .euclidean
        // Products of these numbers fit an `Int`; nothing is computed of larger ones.
        guard dims > 0, dims <= 1 << 20, rows <= Int(UInt32.max) else { return false }
        let owners = ownersAreItems ? 0 : (rows + 1) * 8
        guard Section.allCases.allSatisfy({ self[$0].lowerBound % 64 == 0 && self[$0].lowerBound >= Self.bytes })
        else { return false }
        return length <= available && length % Self.bytes == 0
            && self[.codes].count == rows * QuantisedMatrixView.stride(dims: dims)
            && self[.scales].count == rows * 4 && self[.biases].count == (isBiased ? rows * 4 : 0)
            && self[.vectors].count == rows * dims * 4 && self[.itemOffsets].count == (rows + 1) * 8
            && self[.ownerOffsets].count == owners && self[.dead].count % 8 == 0
            && self[.slots].count % 8 == 0 && (self[.slots].count / 8).nonzeroBitCount <= 1
            && (rows == 0 || self[.slots].count / 8 > rows)
            && self[.checksums].count == (blocks.count + Self.blockBytes - 1) / Self.blockBytes * 8
            && Section.allCases.dropLast().allSatisfy { self[$0].upperBound <= self[.checksums].lowerBound }
            // They are checked as one range, from the first to the last.
            && self[.codes].upperBound <= self[.scales].lowerBound
            && self[.scales].upperBound <= self[.biases].lowerBound
    }

    private static func number(of metric: VectorMetric) -> UInt32 {
        switch metric {
        case .cosine: 0
        case .dot: 1
        case .euclidean: 2
        }
    }

    private static func metric(of number: UInt32) -> VectorMetric? {
        VectorMetric.allCases.first { Self.number(of: $0) == number }
    }
}

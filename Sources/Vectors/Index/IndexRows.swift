import CVectors
import HearthText

/// Rows of a collection that lie together: a segment of the scan file, or a piece of the tail in memory.
///
/// Rows are numbered from 0 and only ever added; which of them still count is known to ``ResidentIndex``. What lies in
/// a file may turn out to be damaged when it is read for the first time: then calls throw ``ScanFileError``.
protocol IndexRows: AnyObject {
    var count: Int { get }
    /// Bytes of memory that it takes; of a file's pages only those that each scan reads.
    var bytes: Int { get }
    /// Whether each item is its own owner.
    var ownersAreItems: Bool { get }

    /// The matrix for the kernels. Codes may be read after ``verifyCodes()``, vectors after their verification.
    func view(firstRow: Int) -> QuantisedMatrixView
    func verifyCodes() throws
    func verifyVectors(_ rows: Range<Int>) throws

    func item(_ row: Int) throws -> String
    func owner(_ row: Int) throws -> String
    /// The newest row of an item, whether or not it still counts; nil when there is none.
    func row(of item: String) throws -> Int?
    /// Columns by key.
    func columns() throws -> [String: AttributeColumn]
}

extension IndexRows {
    /// The row's vector, shape `[dims]`, as the metric compares it.
    func vector(_ row: Int) throws -> [Float] {
        try verifyVectors(row..<row + 1)
        let view = view(firstRow: 0)
        return Array(UnsafeBufferPointer(start: view.matrix.vectors.map { $0 + row * view.dims }, count: view.dims))
    }

    /// The rows that a filter lets through.
    func bits(matching filter: VectorFilter) throws -> RowBits {
        let bits = RowBits(count: count)
        switch filter {
        case .everything:
            bits.invert()
        case .equals(let key, let value):
            try columns()[key]?.match([value], into: bits)
        case .isIn(let key, let values):
            try columns()[key]?.match(values, into: bits)
        case .range(let key, let lower, let upper):
            try columns()[key]?.match(lower: lower, upper: upper, into: bits)
        case .exists(let key):
            try columns()[key]?.matchAny(into: bits)
        case .items(let items):
            for item in items { if let row = try row(of: item.text) { bits[row] = true } }
        case .all(let filters):
            bits.invert()
            for filter in filters { bits.formIntersection(try self.bits(matching: filter)) }
        case .any(let filters):
            for filter in filters { bits.formUnion(try self.bits(matching: filter)) }
        case .not(let filter):
            bits.formUnion(try self.bits(matching: filter))
            bits.invert()
        }
        return bits
    }
}

/// Memory for numbers row by row that grows by doubling; new places are zero.
final class RowStorage<Number: BitwiseCopyable & ExpressibleByIntegerLiteral> {
    private(set) var pointer: UnsafeMutablePointer<Number>
    private(set) var count = 0
    private var capacity = 0
    private let alignment: Int

    /// - Parameter alignment: of the first number, in bytes.
    init(alignment: Int = 64) {
        self.alignment = alignment
        pointer = Self.memory(1, alignment)
    }

    deinit { pointer.deallocate() }

    var bytes: Int { capacity * MemoryLayout<Number>.stride }

    func grow(to count: Int) {
        guard count > self.count else { return }
        if count > capacity {
            let wanted = max(count, capacity * 2)
            let larger = Self.memory(wanted, alignment)
            larger.initialize(repeating: 0, count: wanted)
            larger.update(from: pointer, count: self.count)
            pointer.deallocate()
            (pointer, capacity) = (larger, wanted)
        }
        self.count = count
    }

    private static func memory(_ count: Int, _ alignment: Int) -> UnsafeMutablePointer<Number> {
        UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Number>.stride, alignment: alignment)
            .bindMemory(to: Number.self, capacity: count)
    }
}

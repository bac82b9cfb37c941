import HearthText

/// A piece of the tail in memory: rows that the scan file does not have yet.
// Unchecked: it grows while the collection's one worker has it, and is not changed any more once a writer reads it.
final class TailRows: IndexRows, @unchecked Sendable {
    /// Rows of one piece: enough for a scan to run at speed, few enough to be frozen while they are written out.
    static let capacity = 4_096

    let metric: VectorMetric
    let dims: Int
    private let stride: Int
    private(set) var count = 0
    private(set) var ownersAreItems = true
    private let codes = RowStorage<UInt8>()
    private let scales = RowStorage<Float>()
    private let biases = RowStorage<Float>()
    private let vectors = RowStorage<Float>()
    private var bounds: RowBounds?
    private var items: [String] = []
    private var owners: [String] = []
    private var rowsOf: [ByteKey: Int] = [:]
    private var builders: [String: AttributeColumnBuilder] = [:]
    private var textBytes = 0

    init(dims: Int, metric: VectorMetric) {
        self.dims = dims
        self.metric = metric
        stride = QuantisedMatrixView.stride(dims: dims)
    }

    var isFull: Bool { count >= Self.capacity }

    var bytes: Int {
        codes.bytes + scales.bytes + biases.bytes + vectors.bytes + textBytes
            + builders.values.reduce(0) { $0 + $1.bytes }
    }

    /// Adds a row; an earlier one of the same item is not found by its id any more.
    /// - Parameter vector: shape `[dims]`, as the metric compares it.
    func append(item: String, owner: String, vector: [Float], attributes: [String: AttributeValue]) {
        let row = count
        codes.grow(to: (row + 1) * stride)
        scales.grow(to: row + 1)
        vectors.grow(to: (row + 1) * dims)
        let place = vectors.pointer + row * dims
        for component in 0..<dims { place[component] = vector[component] }
        let quantised = QuantisedMatrixView.quantise(place, dims: dims, into: codes.pointer + row * stride)
        scales.pointer[row] = quantised.scale
        bounds.formUnion(RowBounds(quantised))
        if metric == .euclidean {
            biases.grow(to: row + 1)
            biases.pointer[row] = QuantisedMatrixView.bias(of: place, dims: dims, metric: metric)
        }
        items.append(item)
        owners.append(owner)
        ownersAreItems = ownersAreItems && item.utf8.elementsEqual(owner.utf8)
        rowsOf[ByteKey(item)] = row
        // Both strings, their places in two lists, and the dictionary's slot.
        textBytes += item.utf8.count + owner.utf8.count + 96
        for (key, value) in attributes {
            let builder = builders[key] ?? AttributeColumnBuilder()
            builder.set(value, row: row)
            builders[key] = builder
        }
        count += 1
    }

    func view(firstRow: Int) -> QuantisedMatrixView {
        QuantisedMatrixView(
            rows: count, dims: dims, codes: codes.pointer, scales: scales.pointer,
            biases: metric == .euclidean ? UnsafePointer(biases.pointer) : nil, vectors: vectors.pointer,
            bounds: bounds, firstRow: firstRow)
    }

    func verifyCodes() {}
    func verifyVectors(_ rows: Range<Int>) {}
    func item(_ row: Int) -> String { items[row] }
    func owner(_ row: Int) -> String { owners[row] }
    func row(of item: String) -> Int? { rowsOf[ByteKey(item)] }
    func columns() -> [String: AttributeColumn] { builders.mapValues(\.column) }
}

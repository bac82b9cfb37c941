import HearthTesting
import HearthVectors

/// Rows in memory of their own, and what plain arithmetic says of them.
final class SampleSegment {
    let metric: VectorMetric
    let dims: Int
    let rows: Int
    /// As the metric compares them.
    let vectors: [[Float]]
    let view: QuantisedMatrixView
    private let codes: GuardedMemory
    private let scales: GuardedMemory
    private let biases: GuardedMemory
    private let floats: GuardedMemory

    init(_ vectors: [[Float]], dims: Int, metric: VectorMetric, firstRow: Int = 0) {
        self.metric = metric
        self.dims = dims
        rows = vectors.count
        self.vectors = vectors.map(metric.prepared)
        let stride = QuantisedMatrixView.stride(dims: dims)
        var bounds: RowBounds?
        codes = GuardedMemory(bytes: rows * stride)
        floats = GuardedMemory(self.vectors.flatMap { $0 })
        scales = GuardedMemory(bytes: rows * 4)
        biases = GuardedMemory(bytes: rows * 4)
        for row in 0..<rows {
            let vector = UnsafePointer(floats.floats + row * dims)
            let quantised = QuantisedMatrixView.quantise(vector, dims: dims, into: codes.bytes + row * stride)
            scales.floats[row] = quantised.scale
            bounds.formUnion(RowBounds(quantised))
            biases.floats[row] = QuantisedMatrixView.bias(of: vector, dims: dims, metric: metric)
        }
        view = QuantisedMatrixView(
            rows: rows, dims: dims, codes: codes.bytes, scales: scales.floats,
            biases: metric == .euclidean ? biases.floats : nil, vectors: floats.floats, bounds: bounds,
            firstRow: firstRow)
    }

    /// Rows of random components, some of them the same or zero.
    convenience init(
        rows: Int, dims: Int, metric: VectorMetric, firstRow: Int = 0, using random: inout RepeatableRandom
    ) {
        var vectors: [[Float]] = []
        for _ in 0..<rows {
            if random.chance(10), let other = vectors.randomElement(using: &random) {
                vectors.append(other)
            } else {
                vectors.append(Self.vector(dims: dims, using: &random))
            }
        }
        self.init(vectors, dims: dims, metric: metric, firstRow: firstRow)
    }

    /// Small, large, sparse or zero components.
    static func vector(dims: Int, using random: inout RepeatableRandom) -> [Float] {
        let kind = Int.random(in: 0..<10, using: &random)
        let size: Float = kind == 0 ? 1e-6 : kind == 1 ? 1e6 : kind == 2 ? 0 : 1
        return (0..<dims).map { _ in
            kind == 3 && random.chance(90) ? 0 : Float.random(in: -size...size, using: &random)
        }
    }

    var stride: Int { view.stride }

    func hide(row: Int) { codes.hide(pageAt: row * stride) }

    func code(_ row: Int, _ place: Int) -> UInt8 { codes.bytes[row * stride + place] }

    func scale(_ row: Int) -> Float { scales.floats[row] }

    /// The ranking keys of some rows, from the codes as they stand in memory.
    func keys(_ rows: [Int], _ query: PlainQuery) -> [ScanCandidate] {
        rows.map { row in
            var product: Int32 = 0
            let codes = codes.bytes + row * stride
            query.codes.withUnsafeBufferPointer { query in
                for place in 0..<dims { product += (Int32(codes[place]) - 128) * Int32(query[place]) }
            }
            let weight: Float = metric == .euclidean ? 2 : 1
            let bias = metric == .euclidean ? biases.floats[row] : 0
            let key = Float(product) * (weight * query.scale) * scales.floats[row] + bias
            return ScanCandidate(key: key, row: view.firstRow + row)
        }
    }

    /// Exact scores of some rows, with the additions in the order that the kernels promise.
    func scores(_ rows: [Int], _ query: PlainQuery) -> [ScanCandidate] {
        rows.map { row in
            let vector = UnsafeBufferPointer(start: floats.floats + row * dims, count: dims)
            return ScanCandidate(key: Self.score(of: vector, query, metric: metric), row: view.firstRow + row)
        }
    }

    /// The exact score of one vector, as the metric compares it.
    static func score(of vector: UnsafeBufferPointer<Float>, _ query: PlainQuery, metric: VectorMetric) -> Float {
        var lanes = [Float](repeating: 0, count: 32)
        query.vector.withUnsafeBufferPointer { query in
            lanes.withUnsafeMutableBufferPointer { lanes in
                for place in 0..<query.count {
                    let difference = query[place] - vector[place]
                    let term = metric == .euclidean ? difference * difference : query[place] * vector[place]
                    lanes[place % 32] += term
                }
            }
        }
        for half in [16, 8, 4, 2, 1] {
            for lane in 0..<half { lanes[lane] += lanes[lane + half] }
        }
        return metric == .euclidean ? -lanes[0] : lanes[0]
    }
}

/// A query's codes, made by plain arithmetic.
struct PlainQuery {
    let vector: [Float]
    let scale: Float
    let codes: [Int8]

    init(_ vector: [Float], metric: VectorMetric) {
        self.vector = metric.prepared(vector)
        (scale, codes) = Self.quantised(self.vector)
    }

    static func quantised(_ vector: [Float]) -> (scale: Float, codes: [Int8]) {
        let maximum = vector.map(abs).max() ?? 0
        guard maximum >= 0x1p-100 else { return (0, vector.map { _ in 0 }) }
        let factor = 127 / maximum
        let codes = vector.map { Int8(max(-127, min(127, ($0 * factor).rounded(.toNearestOrEven)))) }
        // Sums of eight lanes, as the kernels promise.
        var (products, squares) = ([Double](repeating: 0, count: 8), [Double](repeating: 0, count: 8))
        for (place, code) in codes.enumerated() {
            products[place % 8] += Double(vector[place]) * Double(code)
            squares[place % 8] += Double(code) * Double(code)
        }
        return (Float(products.reduce(0, +) / squares.reduce(0, +)), codes)
    }
}

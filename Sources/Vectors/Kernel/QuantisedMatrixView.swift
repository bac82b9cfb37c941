import CVectors

/// The rows of one segment as the kernels see them; its creator keeps the memory in place meanwhile.
///
/// Codes: shape `[rows, stride]`, one byte for each component, its int8 value + 128, and 128 behind the last; a
/// component is about its int8 value times the row's scale. Scales: shape `[rows]`. Biases: shape `[rows]`, added to
/// the ranking keys. Vectors: shape `[rows, dims]`, the float32 components; nil where only codes are scanned.
package struct QuantisedMatrixView {
    let matrix: hearth_matrix
    /// Of all rows; nil when they are not known.
    package let bounds: RowBounds?

    /// - Parameters:
    ///   - codes: at an address that is a multiple of 64.
    ///   - biases: nil for zeros (cosine and dot product).
    ///   - bounds: of all rows; nil when they are not known, and then codes rule out no row.
    ///   - firstRow: what the first row is called in candidates; rows of several segments must not share a number.
    package init(
        rows: Int, dims: Int, codes: UnsafePointer<UInt8>, scales: UnsafePointer<Float>,
        biases: UnsafePointer<Float>? = nil, vectors: UnsafePointer<Float>? = nil, bounds: RowBounds?,
        firstRow: Int = 0
    ) {
        precondition(firstRow + rows <= UInt32.max, "rows are numbered by 32 bits")
        matrix = hearth_matrix(
            codes: codes, scales: scales, biases: biases, vectors: vectors, rows: rows, dims: dims,
            stride: Self.stride(dims: dims), first_row: UInt32(firstRow), bounds: bounds?.bounds ?? hearth_bounds())
        self.bounds = bounds
    }

    package var rows: Int { matrix.rows }
    package var dims: Int { matrix.dims }
    package var firstRow: Int { Int(matrix.first_row) }
    /// Bytes from one row of codes to the next.
    package var stride: Int { matrix.stride }

    /// Bytes from one row of codes to the next: whole cache lines, so that no row shares one.
    package static func stride(dims: Int) -> Int { (dims + 63) / 64 * 64 }

    /// Makes a row's codes.
    /// - Parameters:
    ///   - vector: shape `[dims]`, finite, as the metric compares it (unit length for cosine).
    ///   - codes: shape `[stride(dims)]`; the padding is written too.
    /// - Returns: the row's scale, with which its codes are closest to its floats, and how close they are.
    package static func quantise(
        _ vector: UnsafePointer<Float>, dims: Int, into codes: UnsafeMutablePointer<UInt8>
    ) -> QuantisedRow {
        QuantisedRow(quantised: hearth_quantise_row(vector, dims, stride(dims: dims), codes))
    }

    /// What is added to a row's ranking keys: −‖x‖² for the Euclidean distance, zero otherwise.
    /// - Parameter vector: shape `[dims]`, as the metric compares it.
    package static func bias(of vector: UnsafePointer<Float>, dims: Int, metric: VectorMetric) -> Float {
        guard metric == .euclidean else { return 0 }
        var sum = 0.0
        for place in 0..<dims { sum += Double(vector[place]) * Double(vector[place]) }
        return Float(-sum)
    }
}

/// How two vectors are compared. Greater scores are closer, whatever the metric.
package enum VectorMetric: String, Sendable, Hashable, CaseIterable {
    /// Dot product of the L2-normalised vectors, −1 to 1.
    case cosine
    /// Dot product as it is.
    case dot
    /// Minus the squared Euclidean distance: 0 for equal vectors, the more negative the farther.
    case euclidean

    /// A vector as it is compared: of unit length for `cosine`, unchanged otherwise.
    ///
    /// The length is summed in float64, so that neither tiny nor huge components lose it.
    package func prepared(_ vector: [Float]) -> [Float] {
        guard self == .cosine else { return vector }
        let norm = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        guard norm > 0 else { return vector }
        return vector.map { Float(Double($0) / norm) }
    }
}

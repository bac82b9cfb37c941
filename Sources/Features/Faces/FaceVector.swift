/// Arithmetic on templates.
enum FaceVector {
    /// The cosine of two vectors of one length; 0 when one of them has no direction.
    static func cosine(_ left: [Float], _ right: [Float]) -> Double {
        var (dot, lefts, rights): (Float, Float, Float) = (0, 0, 0)
        for (a, b) in zip(left, right) {
            dot += a * b
            lefts += a * a
            rights += b * b
        }
        let lengths = Double(lefts).squareRoot() * Double(rights).squareRoot()
        return lengths > 0 ? Double(dot) / lengths : 0
    }

    /// The mean of vectors by their weights, of length 1; nil when there is nothing, or they cancel each other out.
    static func mean(_ weighted: [(vector: [Float], weight: Float)]) -> [Float]? {
        guard let dims = weighted.first?.vector.count else { return nil }
        var sum = [Float](repeating: 0, count: dims)
        for (vector, weight) in weighted where vector.count == dims {
            for place in 0..<dims { sum[place] += vector[place] * weight }
        }
        let length = sum.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
        guard length > 1e-6 else { return nil }
        return sum.map { Float(Double($0) / length) }
    }

    /// The mean of the best cosines between a vector and some templates; nil without templates.
    static func bestMean(of probe: [Float], among templates: [[Float]], k: Int) -> Double? {
        let best = templates.map { cosine(probe, $0) }.sorted(by: >).prefix(max(k, 1))
        guard !best.isEmpty else { return nil }
        return best.reduce(0, +) / Double(best.count)
    }
}

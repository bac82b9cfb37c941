/// Vectors that are nearly the same, by their numbers; each tenth is the very same as the one before it.
///
/// Frames of a still camera are like this, and texts that differ in a word.
package struct Crowd: Sendable {
    /// Length of each vector.
    package let dims: Int
    private let vectors: [[Float]]

    /// - Parameter noise: about how far each component is from the middle of the crowd, whose length is 1.
    package init(count: Int, dims: Int = 384, noise: Float) {
        self.dims = dims
        var random = RepeatableRandom(seed: 5)
        let middle = random.unitVector(dims: dims)
        var vectors: [[Float]] = []
        for number in 0..<count {
            let other = random.unitVector(dims: dims)
            // A unit vector has components of 1 / √dims.
            let spread = noise * Float(dims).squareRoot()
            let vector = zip(middle, other).map { $0 + spread * $1 }
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            vectors.append(number % 10 == 9 ? vectors[number - 1] : vector.map { $0 / length })
        }
        self.vectors = vectors
    }

    /// The numbers of all.
    package var members: Range<Int> { vectors.indices }

    package subscript(number: Int) -> [Float] { vectors[number] }

    /// What is wrong with an answer to a query, as far as float32 can tell; nil: it has the `k` closest, best first.
    ///
    /// The reference are cosines in float64. Two that differ by less than the rounding of a float32 sum are a tie.
    package func fault(in found: [Int], query: [Float], among members: [Int]? = nil, k: Int) -> String? {
        let rounding = 1e-6
        let candidates = members ?? Array(self.members)
        let scores = Dictionary(uniqueKeysWithValues: candidates.map { ($0, cosine(query, vectors[$0])) })
        let best = scores.values.sorted(by: >).prefix(k)
        guard found.count == best.count else { return "\(found.count) instead of \(best.count)" }
        guard Set(found).count == found.count else { return "one was found twice" }
        for (number, expected) in zip(found, best) {
            guard let score = scores[number] else { return "\(number) was not to be found" }
            guard abs(score - expected) <= rounding else {
                return "\(number) with \(score) in the place of one with \(expected)"
            }
        }
        return nil
    }
}

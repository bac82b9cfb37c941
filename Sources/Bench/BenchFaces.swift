import Foundation
import HearthVectors

/// Vectors like those of faces, of length 1: the same ones in each run.
struct BenchFaces {
    static let dims = 512
    private var random: BenchTexts.Congruence

    init(seed: UInt64) { random = BenchTexts.Congruence(state: seed) }

    mutating func vector() -> [Float] {
        var vector = [Float](repeating: 0, count: Self.dims)
        for place in vector.indices { vector[place] = Float(random.fraction() + random.fraction() - 1) }
        return VectorMetric.cosine.prepared(vector)
    }

    mutating func vectors(_ count: Int) -> [[Float]] { (0..<count).map { _ in vector() } }

    mutating func below(_ limit: Int) -> Int { random.below(limit) }
}

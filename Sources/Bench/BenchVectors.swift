import Foundation
import HearthCore
import HearthVectors

/// Vectors in memory, quantised, for measurements of scans.
///
/// Unit vectors around some centres, as those of pictures are: the same ones in each run.
final class BenchVectors {
    static let dims = 512
    let count: Int
    /// Shape `[count, dims]`; nil when only codes are kept.
    let floats: UnsafeMutablePointer<Float>?
    let codes: UnsafeMutableRawPointer
    private let scales: UnsafeMutablePointer<Float>
    let view: QuantisedMatrixView

    /// - Parameters:
    ///   - keepsFloats: without, a few thousand vectors are repeated: a scan takes as long for any bytes.
    ///   - noise: makes all of them nearly the same, with this standard deviation of each component; nil for several
    ///     centres.
    init(count: Int, keepsFloats: Bool, noise: Float? = nil) {
        let (dims, stride) = (Self.dims, QuantisedMatrixView.stride(dims: Self.dims))
        let fresh = keepsFloats ? count : min(count, 4_096)
        self.count = count
        codes = .allocate(byteCount: max(count * stride, 1), alignment: 4_096)
        scales = .allocate(capacity: count)
        let floats = UnsafeMutablePointer<Float>.allocate(capacity: fresh * dims)
        var source = Source(seed: 0x5EED, noise: noise)
        let bytes = codes.assumingMemoryBound(to: UInt8.self)
        var bounds: RowBounds?
        for row in 0..<fresh {
            (floats + row * dims).initialize(from: source.vector(), count: dims)
            let quantised = QuantisedMatrixView.quantise(floats + row * dims, dims: dims, into: bytes + row * stride)
            scales[row] = quantised.scale
            bounds.formUnion(RowBounds(quantised))
        }
        for row in fresh..<max(count, fresh) {
            (bytes + row * stride).initialize(from: bytes + row % fresh * stride, count: stride)
            scales[row] = scales[row % fresh]
        }
        self.floats = keepsFloats ? floats : nil
        if !keepsFloats { floats.deallocate() }
        view = QuantisedMatrixView(
            rows: count, dims: dims, codes: bytes, scales: scales, vectors: keepsFloats ? floats : nil, bounds: bounds)
    }

    deinit {
        codes.deallocate()
        scales.deallocate()
        floats?.deallocate()
    }

    var codeBytes: Int { count * view.stride }

    /// A row's floats; nil when they were not kept.
    func vector(_ row: Int) -> [Float]? {
        floats.map { Array(UnsafeBufferPointer(start: $0 + row * Self.dims, count: Self.dims)) }
    }

    /// Queries that are in none of the rows.
    static func queries(_ count: Int) -> [[Float]] {
        var source = Source(seed: 0x5EED)
        source.leaveCentres()
        return (0..<count).map { _ in source.vector() }
    }

    /// Vectors one after the other.
    private struct Source {
        private let centres: [[Float]]
        private let noise: Float
        private var random: BenchTexts.Congruence
        private var next = 0

        init(seed: UInt64, noise: Float? = nil) {
            var random = BenchTexts.Congruence(state: seed)
            let centres = (0..<64).map { _ in Self.normal(&random) }
            self.centres = noise == nil ? centres : [VectorMetric.cosine.prepared(centres[0])]
            // What is about normal below has a variance of a third.
            self.noise = noise.map { $0 * Float(3).squareRoot() } ?? 0.8
            self.random = random
        }

        /// Goes on with other numbers around the same centres.
        mutating func leaveCentres() { random.state ^= 0xABCD_EF01_2345_6789 }

        mutating func vector() -> [Float] {
            let noise = Self.normal(&random)
            next += 1
            return VectorMetric.cosine.prepared(zip(centres[next % centres.count], noise).map { $0 + self.noise * $1 })
        }

        /// About normal: the sum of four even ones.
        private static func normal(_ random: inout BenchTexts.Congruence) -> [Float] {
            (0..<BenchVectors.dims).map { _ in
                Float(random.fraction() + random.fraction() + random.fraction() + random.fraction() - 2)
            }
        }
    }
}

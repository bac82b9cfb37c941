import HearthTesting
import HearthVectors
import Testing

@Suite struct QuantisationTests {
    @Test(arguments: RepeatableRandom.seeds(40))
    func codesAreWholeParts(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let dims = Int.random(in: 1...300, using: &random)
        let segment = SampleSegment(rows: 5, dims: dims, metric: .dot, using: &random)
        for row in 0..<segment.rows {
            let plain = PlainQuery.quantised(segment.vectors[row])
            #expect(segment.scale(row) == plain.scale, "seed \(seed)")
            for place in 0..<segment.stride {
                let expected = place < dims ? Int(plain.codes[place]) + 128 : 128
                #expect(Int(segment.code(row, place)) == expected, "seed \(seed), row \(row), place \(place)")
            }
        }
    }

    @Test(arguments: [1, 2, 63, 64, 65, 512])
    func rowsOfZerosHaveNoScale(dims: Int) {
        let segment = SampleSegment([[Float](repeating: 0, count: dims)], dims: dims, metric: .cosine)
        #expect(segment.scale(0) == 0)
        #expect((0..<segment.stride).allSatisfy { segment.code(0, $0) == 128 })
    }

    @Test func extremesBecomeTheOutermostCodes() {
        let segment = SampleSegment([[3, -3, 1.5, 0]], dims: 4, metric: .dot)
        #expect((0..<4).map { segment.code(0, $0) } == [255, 1, 192, 128])
    }

    /// The scale is the one with which codes are closest to their floats, and the bounds hold for every row.
    @Test(arguments: RepeatableRandom.seeds(20))
    func errorsAreWithinTheBounds(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let dims = Int.random(in: 1...300, using: &random)
        let segment = SampleSegment(rows: 20, dims: dims, metric: .dot, using: &random)
        let bounds = try #require(segment.view.bounds)
        for (row, vector) in segment.vectors.enumerated() {
            let codes = (0..<dims).map { Double(segment.code(row, $0)) - 128 }
            func error(_ scale: Double) -> Double {
                zip(vector, codes).reduce(0) { $0 + (Double($1.0) - scale * $1.1) * (Double($1.0) - scale * $1.1) }
                    .squareRoot()
            }
            func length(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            let scale = Double(segment.scale(row))
            #expect(error(scale) <= Double(bounds.error))
            #expect(scale == 0 || error(scale) <= Double(bounds.errorSteps) * scale)
            #expect(length(codes) <= Double(bounds.lengthSteps))
            #expect(length(vector.map(Double.init)) <= Double(bounds.length))
            for other in [0.999, 1.001] where scale > 0 { #expect(error(scale * other) >= error(scale)) }
        }
    }

    /// Numbers at both ends of what floats can hold.
    @Test(arguments: [Float.leastNonzeroMagnitude, 1e-38, 1e-30, 1e30, .greatestFiniteMagnitude])
    func sizesDoNotMatter(size: Float) {
        let segment = SampleSegment([[size, -size, 0]], dims: 3, metric: .dot)
        let codes = (0..<3).map { segment.code(0, $0) }
        #expect(segment.scale(0).isFinite)
        #expect(codes == (segment.scale(0) > 0 ? [255, 1, 128] : [128, 128, 128]))
    }

    @Test func strideIsWholeCacheLines() {
        #expect([1, 63, 64, 65, 512, 513].map(QuantisedMatrixView.stride) == [64, 64, 64, 128, 512, 576])
    }
}

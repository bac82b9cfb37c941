import HearthTesting
import HearthVectors
import Testing

@Suite struct ExactNumberTests {
    /// Numbers around which rounding and overflow happen.
    private static let wholes: [Int64] = [
        0, 1, -1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, 1_234_567_890_123_456_001, 1_234_567_890_123_456_002, .max,
        .max - 1, .min, .min + 1, Int64.max - 511, Int64.max - 512, Int64.max - 1_023,
    ]
    private static let doubles: [Double] = [
        0, -0.0, 0.5, -0.5, 1, 9_007_199_254_740_992, 9_007_199_254_740_994, 1.5e18, 1_234_567_890_123_456_000, 0x1p63,
        -0x1p63, 0x1p63.nextDown, (-0x1p63).nextDown, 1e300, -1e300, .leastNonzeroMagnitude,
    ]

    @Test func theOrderIsThatOfTheNumbersThemselves() {
        // An extended float holds every double and every whole number of 64 bits.
        let all =
            Self.wholes.map { (ExactNumber($0), Float80($0)) } + Self.doubles.map { (ExactNumber($0), Float80($0)) }
        for (left, exactLeft) in all {
            for (right, exactRight) in all {
                #expect((left < right) == (exactLeft < exactRight), "\(left) \(right)")
                #expect((left == right) == (exactLeft == exactRight), "\(left) \(right)")
                if left == right { #expect(left.hashValue == right.hashValue) }
            }
        }
    }

    @Test func aWholeNumberComesBackAsItWas() {
        for whole in Self.wholes { #expect(ExactNumber(whole).integer == whole) }
        #expect(ExactNumber(0.5).integer == nil && ExactNumber(1e300).integer == nil)
        #expect(ExactNumber(3.0).integer == 3)
    }
}

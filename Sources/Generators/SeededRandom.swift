/// Random numbers that are the same for the same seed on every machine (SplitMix64, Steele and others, 2014).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// - Parameter stream: Numbers of another stream of the same seed are others.
    init(seed: Int64, stream: UInt64 = 0) {
        state = UInt64(bitPattern: seed) &+ stream &* 0xD1B5_4A32_D192_ED03
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A number of a range; the standard library's own way may change between its versions.
    mutating func number(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) / 9_007_199_254_740_992
    }

    mutating func whole(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func happens(_ probability: Double) -> Bool { number(0...1) < probability }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[whole(0...elements.count - 1)] }
}

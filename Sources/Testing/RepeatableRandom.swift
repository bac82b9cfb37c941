package import Foundation

/// Random numbers that a seed repeats (SplitMix64, Steele et al. 2014).
package struct RepeatableRandom: RandomNumberGenerator, Sendable {
    package let seed: UInt64
    private var state: UInt64

    package init(seed: UInt64) {
        self.seed = seed
        state = seed &* 0x9E37_79B9_7F4A_7C15 ^ 0x5DEE_CE66_D1CE_4E5B
    }

    /// The seeds of a test: 1…count, or only the one that `HEARTH_SEED` names.
    package static func seeds(_ count: Int) -> [UInt64] {
        if let seed = ProcessInfo.processInfo.environment["HEARTH_SEED"].flatMap(UInt64.init) { return [seed] }
        return Array(1...UInt64(count))
    }

    /// The next 64 bits; the same ones for the same seed.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True in `percent` of 100 cases.
    package mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// A direction: shape `[dims]`, L2-normalised.
    package mutating func unitVector(dims: Int) -> [Float] {
        while true {
            let vector = (0..<dims).map { _ in Float.random(in: -1...1, using: &self) }
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            if length > 0.01 { return vector.map { $0 / length } }
        }
    }

    /// The bytes with one to eight small damages: overwritten, removed, repeated or inserted.
    package mutating func damaged(_ bytes: Data) -> Data {
        var bytes = Array(bytes)
        for _ in 0..<Int.random(in: 1...8, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...16, using: &self)))
            case 3: bytes.insert([0x00, 0xFF, 0x7F, 0x80].randomElement(using: &self) ?? 0, at: index)
            default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 8)], at: index)
            }
        }
        return Data(bytes)
    }
}

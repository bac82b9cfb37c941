import Foundation

/// Random numbers that a seed repeats; `HEARTH_SEED` replaces the seed of every test.
struct SplitMix64: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        let given = ProcessInfo.processInfo.environment["HEARTH_SEED"].flatMap(UInt64.init)
        self.seed = given ?? seed
        state = self.seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with one to eight small damages: overwritten, removed, repeated or inserted.
    mutating func damaged(_ bytes: Data) -> Data {
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

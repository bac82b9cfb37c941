package import Crypto

package import struct Foundation.Data

/// A SHA-256 value; two are equal only when all 32 bytes are.
package struct Digest256: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// The digest that the library has computed.
    package init(_ digest: SHA256Digest) {
        (first, second, third, fourth) = digest.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// Reads the bytes once, where they lie.
    package init(of bytes: Data) { self.init(SHA256.hash(data: bytes)) }

    /// Hashes what comes in pieces.
    package struct Hasher: Sendable {
        private var state = SHA256()

        /// A hash of no bytes yet.
        package init() {}

        /// Takes in the next piece.
        package mutating func update(_ piece: Data) { state.update(data: piece) }

        /// Of all pieces so far.
        package var finished: Digest256 { Digest256(state.finalize()) }
    }

    /// The 32 bytes, in the order of the standard (FIPS 180-4).
    package var bytes: Data {
        withUnsafeBytes(of: (first, second, third, fourth)) { Data($0) }
    }

    /// 64 lower case digits.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 64) { text in
            for (index, byte) in bytes.enumerated() {
                text[index * 2] = digits[Int(byte >> 4)]
                text[index * 2 + 1] = digits[Int(byte & 15)]
            }
            return 64
        }
    }
}

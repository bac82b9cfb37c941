package import Crypto

package import struct Foundation.Data

/// A SHA-256 value; two are equal only when all 32 bytes are.
package struct Digest256: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    package init(_ digest: SHA256Digest) {
        (first, second, third, fourth) = digest.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// Reads the bytes once, where they lie.
    package init(of bytes: Data) { self.init(SHA256.hash(data: bytes)) }

    /// The 32 bytes, in the order of the standard (FIPS 180-4).
    package var bytes: Data {
        withUnsafeBytes(of: (first, second, third, fourth)) { Data($0) }
    }

    /// The 64 digits, in lower case.
    package var hexadecimal: String {
        bytes.reduce(into: "") { text, byte in
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
    }
}

package import struct Foundation.Data

/// An encoded picture as it arrived. What is found out about its bytes once travels with them.
///
/// Two pictures are equal when their bytes are.
package final class Picture: Sendable {
    package let bytes: Data
    /// What `bytes` share their memory with, opaque here: a transport that knows the type sends it without a copy.
    ///
    /// It holds exactly the bytes of the picture.
    package let storage: (any Sendable)?
    private let digest: Locked<Digest256?>

    /// - Parameter sha256: Of the bytes, when it was computed already.
    package init(_ bytes: Data, sha256: Digest256? = nil, storage: (any Sendable)? = nil) {
        self.bytes = bytes
        self.storage = storage
        digest = Locked(sha256)
    }

    /// SHA-256 of the bytes; the first who asks computes it, for all who ask later.
    package var sha256: Digest256 {
        digest.withLock { known in
            if let known { return known }
            let digest = Digest256(of: bytes)
            known = digest
            return digest
        }
    }
}

extension Picture: Hashable {
    /// Whether the bytes of both are the same.
    package static func == (left: Picture, right: Picture) -> Bool { left === right || left.bytes == right.bytes }

    /// Hashes the bytes.
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

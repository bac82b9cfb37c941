import Crypto

package import struct Foundation.Data

/// A key as lists show it: all but its secret, which only its owner has.
package struct APIKey: Sendable, Codable {
    package var keyID: String
    package var name: String
    package var tenant: Tenant
    package var permission: Grant
    /// The first characters of the secret, by which its owner knows it again.
    package var start: String
    package var limits: KeyLimits
    /// Milliseconds since 1970, as all times here.
    package var createdAt: Int64
    package var expiresAt: Int64?
    /// To the minute.
    package var lastUsedAt: Int64?
    package var revokedAt: Int64?
    /// Until when the secret before the last rotation is still accepted.
    package var overlapUntil: Int64?
    /// The limited keys by which it was made; lists do not show them.
    package var makers: [KeyMaker] = []

    private enum CodingKeys: CodingKey {
        case keyID, name, tenant, permission, start, limits, createdAt, expiresAt, lastUsedAt, revokedAt, overlapUntil
    }

    /// Whether its secret is accepted at a time.
    package func isUsable(at now: Int64) -> Bool {
        revokedAt == nil && expiresAt.map { now < $0 } ?? true
    }

    /// Who calls with it.
    package var principal: Principal {
        Principal(
            keyID: keyID, tenant: tenant, permission: permission.permission(in: tenant), limits: limits, makers: makers)
    }
}

/// The secrets of keys: `hk_` and 256 random bits. Rows hold their SHA-256, which needs no salt and no slow function,
/// because 256 random bits cannot be guessed.
package enum KeySecret {
    /// By which a key is recognised, in a header and by programs that look for leaked ones.
    package static let prefix = "hk_"

    /// A new one.
    package static func make() -> Secret {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let text = bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        return Secret(prefix + text)
    }

    /// What rows hold in its place.
    package static func digest(of text: String) -> Data { Data(SHA256.hash(data: Data(text.utf8))) }

    /// As much of it as lists show.
    package static func start(of secret: Secret) -> String { String(secret.revealed.prefix(prefix.count + 6)) }
}

import Foundation
import HearthCore
import HearthJSON
import JWTKit

/// A key that signatures are checked by. It has one algorithm, of ours, whatever a token says of itself.
struct JWTKey: Sendable {
    /// The algorithms that are spoken.
    enum Algorithm: String, Sendable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    /// By which tokens name it; nil: they need not.
    let id: String?
    let algorithm: Algorithm
    /// Holds this key alone, so that nothing else can be picked.
    let collection: JWTKeyCollection
    /// What the key is, to tell it from others: the members of its JWK; empty for the shared secret, of which there is
    /// one.
    private let content: String

    /// A key that the issuer and the server share.
    /// - Throws: ``HearthError`` `invalid_configuration` when it is too short to be safe.
    init(sharing secret: Secret) async throws {
        guard secret.revealed.utf8.count >= Limits.tokenSecretBytes else {
            throw HearthError(
                .invalidConfiguration, "The secret in HEARTH_JWT_SECRET is too short.",
                hint: "HS256 needs at least \(Limits.tokenSecretBytes) bytes: `openssl rand -hex 32`.")
        }
        id = nil
        content = ""
        algorithm = .hs256
        collection = JWTKeyCollection()
        await collection.add(hmac: HMACKey(from: secret.revealed), digestAlgorithm: .sha256)
    }

    /// A public key of a JWKS; nil for one of a kind or use that is not spoken here.
    /// - Throws: ``JWTKeyFlaw`` for one that is spoken, and broken or weak.
    init?(_ key: JSONValue) async throws(JWTKeyFlaw) {
        guard let algorithm = Self.algorithm(of: key), ["sig", nil].contains(key["use"]?.stringValue) else {
            return nil
        }
        id = key["kid"]?.stringValue
        if let problem = Self.problem(of: key, algorithm) { throw JWTKeyFlaw(id: id, reason: problem) }
        // Only what checks a signature is taken: a private part has no business here, and no other algorithm either.
        var plain: JSONValue = ["alg": .string(algorithm.rawValue), "kid": "key"]
        for name in ["kty", "n", "e", "crv", "x", "y"] {
            if let member = key[name] { plain[name] = member }
        }
        content = plain.encodedText()
        self.algorithm = algorithm
        collection = JWTKeyCollection()
        do {
            try await collection.add(jwk: try JWK(json: plain.encodedText()), isDefault: true)
            // The key is read when it is used first: here, so that a broken one is not found out by a caller.
            _ = try await collection.getKey(for: "key", alg: algorithm.rawValue)
        } catch {
            throw JWTKeyFlaw(id: id, reason: "Its numbers are no \(algorithm.rawValue) key: \(error).")
        }
    }

    /// Whether another reading of the keys has found this one again.
    func isSame(as other: JWTKey) -> Bool {
        id == other.id && algorithm == other.algorithm && content == other.content
    }

    private static func algorithm(of key: JSONValue) -> Algorithm? {
        let own: Algorithm
        switch (key["kty"]?.stringValue, key["crv"]?.stringValue) {
        case ("RSA", _): own = .rs256
        case ("EC", "P-256"): own = .es256
        default: return nil
        }
        guard let named = key["alg"]?.stringValue else { return own }
        return named == own.rawValue ? own : nil
    }

    /// What can be said of a key before its numbers are used.
    private static func problem(of key: JSONValue, _ algorithm: Algorithm) -> String? {
        if let id = key["kid"], id.stringValue == nil { return "Its `kid` is no text." }
        for name in algorithm == .rs256 ? ["n", "e"] : ["x", "y"] {
            let number = key[name]?.stringValue.flatMap { Base64URL.decode($0) }
            guard let number, !number.isEmpty else { return "Its `\(name)` is no number in base64url." }
            guard name == "n" else { continue }
            let significant = number.drop { $0 == 0 }
            let bits = significant.count * 8 - (significant.first?.leadingZeroBitCount ?? 0)
            if bits < Limits.tokenModulusBytes * 8 {
                return "It has \(bits) bits, and RSA needs at least \(Limits.tokenModulusBytes * 8)."
            }
        }
        return nil
    }
}

/// The alphabet of tokens and their keys (RFC 4648, section 5).
enum Base64URL {
    /// Nil for what is no base64url.
    static func decode(_ text: some StringProtocol) -> Data? {
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}

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
    /// - Throws: ``HearthError`` `invalid_configuration` for one that is spoken, and broken or weak.
    private init?(_ key: JSONValue) async throws {
        guard let algorithm = Self.algorithm(of: key), ["sig", nil].contains(key["use"]?.stringValue) else {
            return nil
        }
        if algorithm == .rs256, Self.bytes(key["n"]?.stringValue ?? "") < Limits.tokenModulusBytes {
            throw Self.refused("has an RSA key of less than \(Limits.tokenModulusBytes * 8) bits")
        }
        // Only what checks a signature is taken: a private part has no business here, and no other algorithm either.
        var plain: JSONValue = ["alg": .string(algorithm.rawValue), "kid": "key"]
        for name in ["kty", "n", "e", "crv", "x", "y"] {
            if let member = key[name] { plain[name] = member }
        }
        id = key["kid"]?.stringValue
        content = plain.encodedText()
        self.algorithm = algorithm
        collection = JWTKeyCollection()
        do {
            try await collection.add(jwk: try JWK(json: plain.encodedText()), isDefault: true)
            // The key is read when it is used first: here, so that a broken one is not found out by a caller.
            _ = try await collection.getKey(for: "key", alg: algorithm.rawValue)
        } catch {
            throw Self.refused("has a key that cannot be read", cause: error)
        }
    }

    /// Whether another reading of the keys has found this one again.
    func isSame(as other: JWTKey) -> Bool {
        id == other.id && algorithm == other.algorithm && content == other.content
    }

    /// The keys of a JWKS file (RFC 7517).
    /// - Throws: ``HearthError`` `invalid_configuration` when it holds none that can be used.
    static func read(_ path: String) async throws -> [JWTKey] {
        let entries = try entries(of: path)
        guard entries.count <= Limits.tokenKeys else { throw refused("holds more than \(Limits.tokenKeys) keys") }
        var keys: [JWTKey] = []
        for entry in entries {
            if let key = try await JWTKey(entry) { keys.append(key) }
        }
        guard !keys.isEmpty else { throw refused("holds no RS256 or ES256 key") }
        return keys
    }

    private static func entries(of path: String) throws -> [JSONValue] {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            let bytes = try file.read(upToCount: Limits.tokenKeyFileBytes + 1) ?? Data()
            guard bytes.count <= Limits.tokenKeyFileBytes else { throw refused("is too long") }
            return try JSONParser.read(bytes)["keys"]?.arrayValue ?? []
        } catch let error as HearthError where error.code == .invalidConfiguration {
            throw error
        } catch {
            throw refused("cannot be read", cause: error)
        }
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

    /// Length of what a base64url text stands for.
    private static func bytes(_ text: String) -> Int { text.utf8.count * 3 / 4 }

    private static func refused(_ problem: String, cause: (any Error)? = nil) -> HearthError {
        HearthError(
            .invalidConfiguration, "The file of HEARTH_JWT_KEYS \(problem).",
            hint: "It is a JWKS: {\"keys\": [{\"kty\": \"RSA\", \"kid\": …, \"n\": …, \"e\": …}, …]}.", cause: cause)
    }
}

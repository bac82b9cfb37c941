import Crypto
import CryptoExtras
import Foundation
import HearthCore
import HearthJSON

/// Makes tokens as issuers do, and as attackers do, by hand: the header says whatever the test wants.
struct TokenMaker {
    static let secret = "a secret of more than thirty-two bytes"

    let rsa: _RSA.Signing.PrivateKey
    let ec = P256.Signing.PrivateKey()
    /// Seconds since 1970.
    let now: Int64

    init(now: Int64) throws {
        rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        self.now = now
    }

    /// Good claims, with changes; a null takes one away.
    func claims(_ changes: JSONValue = [:]) -> JSONValue {
        var claims: JSONValue = [
            "sub": "user-1", "iss": "https://login.example", "aud": "hearth", "exp": .int(now + 60), "tenant": "shop",
            "permission": "write",
        ]
        for member in changes.objectValue?.members ?? [] { claims[member.key] = member.value }
        return claims
    }

    /// The public keys as a JWKS with the ids `rsa` and `ec`.
    func keySet(_ more: [JSONValue] = []) throws -> JSONValue {
        let numbers = try rsa.publicKey.getKeyPrimitives()
        let point = ec.publicKey.rawRepresentation
        return [
            "keys": .array(
                [
                    [
                        "kty": "RSA", "kid": "rsa", "n": .string(Self.text(numbers.modulus)),
                        "e": .string(Self.text(numbers.publicExponent)),
                    ],
                    [
                        "kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "use": "sig",
                        "x": .string(Self.text(point.prefix(32))), "y": .string(Self.text(point.suffix(32))),
                    ],
                ] + more)
        ]
    }

    func hs256(_ claims: JSONValue, header: JSONValue = ["alg": "HS256"], secret: Data = Data(Self.secret.utf8))
        -> String
    {
        let input = Self.input(header, claims)
        let code = HMAC<SHA256>.authenticationCode(for: Data(input.utf8), using: SymmetricKey(data: secret))
        return "\(input).\(Self.text(Data(code)))"
    }

    func rs256(_ claims: JSONValue, header: JSONValue = ["alg": "RS256", "kid": "rsa"]) throws -> String {
        let input = Self.input(header, claims)
        let signature = try rsa.signature(for: SHA256.hash(data: Data(input.utf8)), padding: .insecurePKCS1v1_5)
        return "\(input).\(Self.text(signature.rawRepresentation))"
    }

    func es256(_ claims: JSONValue, header: JSONValue = ["alg": "ES256", "kid": "ec"]) throws -> String {
        let input = Self.input(header, claims)
        return "\(input).\(Self.text(try ec.signature(for: Data(input.utf8)).rawRepresentation))"
    }

    static func input(_ header: JSONValue, _ claims: JSONValue) -> String {
        "\(text(Data(header.encodedText().utf8))).\(text(Data(claims.encodedText().utf8)))"
    }

    /// In base64url.
    static func text(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

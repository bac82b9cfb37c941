import Crypto

import struct Foundation.Data

/// The key that wraps the keys of all scopes: 32 random bytes.
package struct MasterKey: Sendable {
    let key: SymmetricKey
    /// Names it in rows and messages, and says nothing of its bytes.
    package let id: String

    /// A new one.
    package init() { self.init(SymmetricKey(size: .bits256)) }

    /// Reads a key as it is written in a setting or a file: 64 hexadecimal digits, or 32 bytes in base64.
    /// - Parameter place: where the text comes from, for the message.
    /// - Throws: ``HearthError`` `invalid_configuration`; the text is not in it.
    package init(_ text: Secret, from place: String) throws(HearthError) {
        let word = text.revealed.filter { !$0.isWhitespace }
        guard let bytes = Self.hexadecimal(word) ?? Data(base64Encoded: word), bytes.count == 32,
            Set(bytes).count > 4
        else {
            throw HearthError(
                .invalidConfiguration, "\(place) holds no master key.",
                hint: "It is 32 random bytes as 64 hexadecimal digits or in base64: `openssl rand -base64 32`.")
        }
        self.init(SymmetricKey(data: bytes))
    }

    private init(_ key: SymmetricKey) {
        self.key = key
        let code = HMAC<SHA256>.authenticationCode(for: Data("hearth master key".utf8), using: key)
        id = Digest256(of: Data(code)).hex.prefix(16).description
    }

    /// As a file holds it.
    package var text: Secret { Secret(key.withUnsafeBytes { Data($0) }.base64EncodedString()) }

    /// The key that wraps the key of one scope: this one and the scope's own half together.
    func wrappingKey(half: Data, scope: String, tenant: Tenant) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: half,
            info: Data(SealContext.text("hearth wrap 1", scope, tenant.rawValue).utf8), outputByteCount: 32)
    }

    private static func hexadecimal(_ text: String) -> Data? {
        let digits = Array(text.utf8)
        guard digits.count == 64, text.allSatisfy(\.isHexDigit) else { return nil }
        var bytes = Data()
        for place in stride(from: 0, to: 64, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}

/// What sealed bytes are bound to, as one text: several parts never read as others.
package enum SealContext {
    /// Each part with its length.
    package static func text(_ parts: String...) -> String {
        parts.reduce(into: "") { $0 += "\($1.utf8.count):\($1)" }
    }
}

import Crypto

package import struct Foundation.Data

/// The key of one scope: seals and opens bytes by AES-256-GCM.
///
/// Sealed bytes are four of format, a random nonce of 12, as many as were sealed, and a tag of 16. The scope and a
/// context are authenticated with them, so that they open nowhere else. A random nonce serves for 2³² sealings by one
/// key (NIST SP 800-38D, section 8.3).
package struct SealKey: Sendable {
    /// Bytes by which sealed ones are longer.
    package static let overhead = mark.count + 12 + 16
    private static let mark: [UInt8] = [0x48, 0x53, 0x01, 0x00]  // "HS", format 1

    let scope: String
    private let key: SymmetricKey

    init(_ key: SymmetricKey, scope: String) {
        self.key = key
        self.scope = scope
    }

    /// - Parameter context: the place that the bytes belong to, see ``SealContext``.
    /// - Throws: ``HearthError`` `internal_error`.
    package func seal(_ bytes: Data, context: String) throws(HearthError) -> Data {
        do {
            let box = try AES.GCM.seal(bytes, using: key, authenticating: authenticated(context))
            guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
            return Data(Self.mark) + combined
        } catch {
            throw HearthError(.internalError, "Bytes could not be sealed.", cause: error)
        }
    }

    /// - Throws: ``HearthError`` `seal_broken` when the bytes were changed, or were sealed for another place.
    package func open(_ sealed: Data, context: String) throws(HearthError) -> Data {
        do {
            guard sealed.starts(with: Self.mark) else { throw CryptoKitError.authenticationFailure }
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst(Self.mark.count))
            return try AES.GCM.open(box, using: key, authenticating: authenticated(context))
        } catch {
            throw HearthError(
                .sealBroken, "Sealed data were changed, or do not belong where they are.",
                hint: "Restore them from a backup, or delete them.", cause: error)
        }
    }

    /// The key itself, wrapped by another.
    func wrapped(by wrapping: SymmetricKey, context: String) throws(HearthError) -> Data {
        try SealKey(wrapping, scope: scope).seal(key.withUnsafeBytes { Data($0) }, context: context)
    }

    /// The opposite of ``wrapped(by:context:)``.
    init(_ wrapped: Data, by wrapping: SymmetricKey, scope: String, context: String) throws(HearthError) {
        let bytes = try SealKey(wrapping, scope: scope).open(wrapped, context: context)
        self.init(SymmetricKey(data: bytes), scope: scope)
    }

    private func authenticated(_ context: String) -> Data {
        Data(SealContext.text("hearth seal 1", scope, context).utf8)
    }
}

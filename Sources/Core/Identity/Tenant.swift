import HearthJSON

/// Whose data it is; always from the credential, never from a body.
package struct Tenant: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: String

    /// Takes any text: for names that come from Hearth's own rows. ``init(checking:)`` is for all others.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// A tenant's name from outside: 1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or a digit.
    /// - Throws: ``HearthError`` `invalid_request`.
    package init(checking name: String) throws(HearthError) {
        guard Self.isValid(name) else {
            throw HearthError(
                .invalidRequest, "`\(name.prefix(80))` is not the name of a tenant.",
                hint: "Allowed: 1 to \(Limits.tenantLength) letters, digits, `-`, `_` and `.`, a letter or digit first."
            )
        }
        self.init(rawValue: name)
    }

    /// What ``init(checking:)`` takes, as a schema says it.
    static let schema: JSONObject = [
        "pattern": .string("^[A-Za-z0-9][A-Za-z0-9._-]{0,\(Limits.tenantLength - 1)}$")
    ]

    private static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= Limits.tenantLength, isLetterOrDigit(first) else { return false }
        return bytes.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// The tenant of a server on one's own machine; its administrators operate the server.
    package static let local = Tenant(rawValue: "local")
}

extension Tenant: SQLColumn {}

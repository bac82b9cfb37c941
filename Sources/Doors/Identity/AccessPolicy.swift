import Foundation
package import HTTPTypes
package import HearthCore

/// Who may come in: the trusted user of a server that has no keys and listens on a loopback address, or a caller with a
/// key. `docs/identity.md` has the rules.
package struct AccessPolicy: Sendable {
    private let settingsKey: Secret?
    private let keyring: Keyring?
    private let tokens: (any TokenVerifier)?
    private let origins: OriginRule
    private let rates = RateLimiter()
    /// Callers without a credential where none is needed to read; all of them share one rate.
    private static let anonymous = Principal(keyID: "anonymous", tenant: .local, permission: .read)

    /// - Parameters:
    ///   - settingsKey: the key of the settings; it opens everything.
    ///   - keyring: the keys that administrators have made.
    ///   - tokens: checks tokens that another server has issued; nil: none are accepted.
    package init(
        settingsKey: Secret? = nil, keyring: Keyring? = nil, tokens: (any TokenVerifier)? = nil,
        origins: OriginRule = OriginRule()
    ) {
        self.tokens = tokens
        self.settingsKey = settingsKey
        self.keyring = keyring
        self.origins = origins
    }

    /// Whether every caller must show a credential.
    package var needsCredential: Bool { settingsKey != nil || tokens != nil || keyring?.isInUse == true }

    /// Whose request it is, and what is left of the caller's rate, from which the request has been taken.
    /// - Parameter isOptional: a request without a credential is let in to read.
    /// - Throws: ``HearthError`` `unauthorized` without a good credential, `forbidden` for a page of another site.
    package func caller(of head: HTTPRequest, isOptional: Bool = false) async throws -> Caller {
        let needsCredential = needsCredential
        try origins.check(head, isTrusted: !needsCredential)
        // Clients of other servers send keys that mean nothing here, so that where none is needed any may come.
        // The first key ends that, also for connections that are open then.
        guard needsCredential else { return Caller(.local) { !self.needsCredential } }
        guard let shown = Self.credential(of: head) else {
            if isOptional { return Caller(Self.anonymous, rate: rates.take(for: Self.anonymous)) }
            throw HearthError(
                .unauthorized, "The request has no API key.", hint: "Send `Authorization: Bearer <key>`.")
        }
        let credential = try await credential(showing: shown)
        return Caller(
            credential.principal, rate: rates.take(for: credential.principal),
            isStillAccepted: credential.isStillAccepted)
    }

    private func credential(showing text: String) async throws -> AcceptedCredential {
        // Only the keyring says what a made key may do: one that was revoked opens nothing by another way.
        if text.hasPrefix(KeySecret.prefix), let keyring { return try keyring.credential(showing: text) }
        if let settingsKey, settingsKey.matches(text) { return AcceptedCredential(.local) { true } }
        // A token has three parts, which no key of ours has.
        if let tokens, text.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2 {
            return try await tokens.credential(showing: text)
        }
        throw HearthError(.unauthorized, "The API key is wrong.", hint: "Send `Authorization: Bearer <key>`.")
    }

    /// The key of a request: `Authorization: Bearer <key>`, `X-API-Key` or `X-Chroma-Token`, with or without `Bearer`.
    private static func credential(of head: HTTPRequest) -> String? {
        for header in ["X-API-Key", "X-Chroma-Token"] {
            guard let name = HTTPField.Name(header), let value = head.headerFields[name] else { continue }
            return bearer(value) ?? value.trimmingCharacters(in: .whitespaces)
        }
        return head.headerFields[.authorization].flatMap(bearer)
    }

    private static func bearer(_ value: String) -> String? {
        guard value.lowercased().hasPrefix("bearer ") else { return nil }
        return value.dropFirst("bearer ".count).trimmingCharacters(in: .whitespaces)
    }
}

package import HearthJSON

/// Something that was done, or refused, and that must be provable later.
///
/// It names things by their identifiers: no name of a person, no vector, no picture and no secret is in it, because
/// entries are never removed.
package struct AuditEvent: Sendable {
    /// How it ended.
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        case done, refused, failed
    }

    /// What was done, as an operation is named: `faces.users.delete`.
    package let action: String
    package let tenant: Tenant
    /// The key by which the caller was let in; `local` for the user of the machine and the key of the settings.
    package let actor: String
    /// The identifier of what it was done to.
    package let subject: String?
    package let outcome: Outcome
    /// An object of counts and words.
    package let details: JSONObject

    /// - Parameters:
    ///   - tenant: whose things it is about; nil: the caller's.
    package init(
        _ action: String, by principal: Principal, of tenant: Tenant? = nil, subject: String? = nil,
        outcome: Outcome = .done, details: JSONObject = [:]
    ) {
        self.action = action
        self.tenant = tenant ?? principal.tenant
        actor = principal.keyID ?? "local"
        self.subject = subject
        self.outcome = outcome
        self.details = details
    }
}

/// An event in its place of the audit log.
package struct AuditEntry: Sendable, Codable, SchemaDescribed {
    /// From 1, without gaps.
    package var number: Int64
    /// Milliseconds since 1970.
    package var at: Int64
    package var tenant: Tenant
    package var actor: String
    package var action: String
    package var subject: String?
    package var outcome: AuditEvent.Outcome
    package var details: JSONValue
    /// SHA-256 of the entry and of the hash before it, in hexadecimal digits.
    package var hash: String

    package static let fields = [
        "number": FieldNote("Its place in the log, from 1."),
        "at": FieldNote("Milliseconds since 1970."),
        "actor": FieldNote("Identifier of the caller's key; `local` for the user of the machine."),
        "action": FieldNote("What was done, as operations are named.", example: "faces.users.delete"),
        "subject": FieldNote("Identifier of what it was done to."),
        "details": FieldNote("Counts and words that belong to it."),
        "hash": FieldNote("SHA-256 over the entry and the hash of the one before it."),
    ]
}

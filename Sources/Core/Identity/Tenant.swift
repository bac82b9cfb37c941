/// Whose data it is; always from the credential, never from a body.
package struct Tenant: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// The one user of a server on one's own machine.
    package static let local = Tenant(rawValue: "local")
}

extension Tenant: SQLColumn {}

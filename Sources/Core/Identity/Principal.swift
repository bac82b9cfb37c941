/// A key with limits of its own that has made another one: what the new key uses counts against its maker's limits too,
/// also after the maker has ended. Otherwise ten keys would have ten times the rate of the one that made them.
package struct KeyMaker: Sendable, Codable, Equatable {
    package var keyID: String
    package var limits: KeyLimits

    package init(keyID: String, limits: KeyLimits) {
        self.keyID = keyID
        self.limits = limits
    }
}

/// Who is calling: a tenant, what it may do, and how much.
package struct Principal: Sendable {
    /// The key or token that was shown; nil for the trusted user of a loopback server and for the key of the settings.
    package let keyID: String?
    package let tenant: Tenant
    package let permission: Permission
    /// The limits of the key alone; those of its tenant hold beside them.
    package let limits: KeyLimits
    /// The limited keys by which the key was made, the first of them first.
    package let makers: [KeyMaker]

    package init(
        keyID: String? = nil, tenant: Tenant, permission: Permission, limits: KeyLimits = KeyLimits(),
        makers: [KeyMaker] = []
    ) {
        self.makers = makers
        self.keyID = keyID
        self.tenant = tenant
        self.permission = permission
        self.limits = limits
    }

    /// The trusted user of a server bound to a loopback address.
    package static let local = Principal(tenant: .local, permission: .operate)
}

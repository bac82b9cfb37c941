/// Who is calling: a tenant, what it may do, and how much.
package struct Principal: Sendable {
    /// The key or token that was shown; nil for the trusted user of a loopback server and for the key of the settings.
    package let keyID: String?
    package let tenant: Tenant
    package let permission: Permission
    /// The limits of the key alone; those of its tenant hold beside them.
    package let limits: KeyLimits

    package init(
        keyID: String? = nil, tenant: Tenant, permission: Permission, limits: KeyLimits = KeyLimits()
    ) {
        self.keyID = keyID
        self.tenant = tenant
        self.permission = permission
        self.limits = limits
    }

    /// The trusted user of a server bound to a loopback address.
    package static let local = Principal(tenant: .local, permission: .operate)
}

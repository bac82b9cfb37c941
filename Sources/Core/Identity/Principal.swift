/// Who is calling: a tenant and what it may do.
package struct Principal: Sendable {
    package let tenant: Tenant
    package let permission: Permission

    package init(tenant: Tenant, permission: Permission) {
        self.tenant = tenant
        self.permission = permission
    }

    /// The trusted user of a server bound to a loopback address.
    package static let local = Principal(tenant: .local, permission: .admin)
}

/// What an operation needs and a caller may do; each includes the ones before it.
package enum Permission: String, Sendable, Codable, CaseIterable, Comparable {
    /// Look at what the tenant has.
    case read
    /// Change what the tenant has.
    case write
    /// Manage the tenant's keys.
    case admin
    /// Manage the server itself: its workers, its models in memory, the keys of every tenant. No key names it: it is
    /// what `admin` of the tenant `local` means.
    case operate

    /// Whether the left one allows less.
    package static func < (left: Permission, right: Permission) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .admin: 2
        case .operate: 3
        }
    }
}

/// The permissions that a key or a token can be given.
package enum Grant: String, Sendable, Codable, CaseIterable {
    case read, write, admin

    /// What it permits to a caller of a tenant: only an administrator of `local` may operate the server.
    package func permission(in tenant: Tenant) -> Permission {
        switch self {
        case .read: .read
        case .write: .write
        case .admin: tenant == .local ? .operate : .admin
        }
    }
}

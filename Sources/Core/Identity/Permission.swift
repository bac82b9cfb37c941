/// What an operation needs and a credential grants; each includes the ones before it.
package enum Permission: Int, Sendable, Comparable, CaseIterable {
    case read = 0
    case write
    case admin

    /// As it is written in settings and answers.
    package var name: String {
        switch self {
        case .read: "read"
        case .write: "write"
        case .admin: "admin"
        }
    }

    package static func < (left: Permission, right: Permission) -> Bool { left.rawValue < right.rawValue }
}

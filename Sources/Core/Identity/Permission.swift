/// What an operation needs and a credential grants; each includes the ones before it.
package enum Permission: Int, Sendable, Comparable, CaseIterable {
    case read = 0
    case write
    case administer

    package static func < (left: Permission, right: Permission) -> Bool { left.rawValue < right.rawValue }
}

package import HearthJSON

/// What an operation does to what is stored: what MCP's tool annotations and the doors are told.
///
/// An operation with permission `read` is read-only and one with permission `write` is not;
/// ``OperationRegistry`` refuses the rest.
package struct OperationHints: Sendable, Equatable {
    /// It changes nothing that is stored.
    package let isReadOnly: Bool
    /// It may overwrite or remove something; false when it only adds.
    package let isDestructive: Bool
    /// The same call again changes nothing more.
    package let isIdempotent: Bool

    /// Reads.
    package static let reads = OperationHints(isReadOnly: true, isDestructive: false, isIdempotent: true)
    /// Adds something at each call.
    package static let adds = OperationHints(isReadOnly: false, isDestructive: false, isIdempotent: false)
    /// Adds something, or starts some work; the same call again adds nothing.
    package static let addsOnce = OperationHints(isReadOnly: false, isDestructive: false, isIdempotent: true)
    /// Overwrites what was there.
    package static let replaces = OperationHints(isReadOnly: false, isDestructive: true, isIdempotent: true)
    /// Removes something; what is gone already stays gone.
    package static let removes = OperationHints(isReadOnly: false, isDestructive: true, isIdempotent: true)

    /// The hints by name.
    package var json: JSONValue {
        [
            "read_only": .bool(isReadOnly), "destructive": .bool(isDestructive), "idempotent": .bool(isIdempotent),
        ]
    }

    /// Whether a credential of this permission may be asked for, no more and no less.
    func fits(_ permission: Permission) -> Bool {
        switch permission {
        case .read: isReadOnly
        case .write: !isReadOnly
        // Reading can be an administrator's matter as well: the list of keys.
        case .admin, .operate: true
        }
    }
}

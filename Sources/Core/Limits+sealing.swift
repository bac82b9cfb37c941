extension Limits {
    // MARK: Sealed data

    /// Keys of scopes that are kept in memory; more are unwrapped again.
    package static let openedSealKeys = 4_096
    /// Bytes of what one entry of the audit log says beside its fields, as JSON.
    package static let auditDetailBytes = 4 << 10
    /// Faults that a verification of the audit log lists.
    package static let auditFaults = 10
}

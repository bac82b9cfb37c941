/// Disk space that is kept for what frees space: deleting writes too, and must work on a disk that is full.
package protocol SpaceReserve: Sendable {
    /// Gives the space to the disk.
    /// - Returns: false when it was given already: there is none.
    func release() -> Bool

    /// Takes the space again where the disk has it, and tries to write.
    func check() -> StorageCondition
}

/// Whether the data folder can be written.
package enum StorageCondition: Sendable, Equatable {
    case writable
    /// The space that is kept for deletions was needed, or cannot be had.
    case full
    /// For another reason, in words.
    case unwritable(String)

    /// What is lost, for people; nil when nothing is.
    package var loss: String? {
        switch self {
        case .writable: nil
        case .full: "writing: the disk is full; deleting still works"
        case .unwritable(let reason): "writing: the data folder cannot be written (\(reason))"
        }
    }
}

package import HearthCore

/// A part of the product that users see, as the programs join it: they go through a list of features and know none of
/// them by its type.
package protocol Feature: Sendable {
    /// All of its operations, those that run now and those that run as jobs.
    func operations() -> [Operation]

    /// Jobs that come again at regular intervals.
    func schedules() throws -> [Schedule]

    /// Whose things can leave the server as files; nil: the feature has none such.
    var archiveOwner: (any ArchiveOwner)? { get }

    /// Says which files rows name, and which of them clients may read; nil: the feature keeps no files.
    var fileOwner: (any FileOwner)? { get }
}

extension Feature {
    /// None.
    package func schedules() throws -> [Schedule] { [] }
    package var fileOwner: (any FileOwner)? { nil }
    package var archiveOwner: (any ArchiveOwner)? { nil }
}

extension Feature where Self: ArchiveOwner {
    package var archiveOwner: (any ArchiveOwner)? { self }
}

extension Feature where Self: FileOwner {
    package var fileOwner: (any FileOwner)? { self }
}

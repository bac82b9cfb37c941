package import struct Foundation.Data

/// Pictures that lie on this machine, in folders that its user has allowed.
package protocol LocalPictures: Sendable {
    /// The bytes of a file.
    /// - Parameter path: an absolute one, one that begins with `~/`, a `file://` address, or the name of a file in the
    ///   inbox folder.
    /// - Throws: ``HearthError`` `forbidden` outside of the folders, `not_found`, `invalid_request` for what is no
    ///   file, `body_too_large`, `conflict` when it was changed meanwhile, `file_unreadable`. Each says what is
    ///   allowed.
    func read(_ path: String) async throws -> Data

    /// The folder into which the user puts pictures for Hearth.
    var inboxFolder: String { get }

    /// The files in it, newest first; none when there is no such folder.
    func inbox() async -> [InboxFile]
}

/// A file that waits in the inbox folder.
package struct InboxFile: Sendable, Codable, Equatable {
    package var name: String
    package var bytes: Int
    /// Milliseconds since 1970.
    package var modifiedAt: Int64

    package init(name: String, bytes: Int, modifiedAt: Int64) {
        self.name = name
        self.bytes = bytes
        self.modifiedAt = modifiedAt
    }
}

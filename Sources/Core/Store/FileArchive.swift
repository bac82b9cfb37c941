package import struct Foundation.Data

/// Files that leave the server together, as their names in the archive say.
package struct FileArchive: Sendable {
    /// One of its files.
    package struct Entry: Sendable {
        /// Where its bytes are.
        package enum Content: Sendable {
            case bytes(Data)
            /// A file of the ``BlobStore``, of so many bytes.
            case file(path: String, bytes: Int)
        }

        /// Path in the archive, with slashes.
        package let name: String
        /// What it holds.
        package let content: Content

        /// An entry by its name in the archive.
        package init(name: String, content: Content) {
            self.name = name
            self.content = content
        }

        package var bytes: Int {
            switch content {
            case .bytes(let bytes): bytes.count
            case .file(_, let bytes): bytes
            }
        }
    }

    /// What the archive is of, as a file's name without an ending.
    package let name: String
    package let entries: [Entry]

    /// An archive whose entries are written in this order.
    package init(name: String, entries: [Entry]) {
        self.name = name
        self.entries = entries
    }
}

/// A feature whose things can leave the server as files.
package protocol ArchiveOwner: Sendable {
    /// All files of something, as they are now.
    /// - Throws: ``HearthError`` `not_found`, `unprocessable_content` when there are too many.
    func archive(of id: String, for tenant: Tenant) async throws -> FileArchive
}

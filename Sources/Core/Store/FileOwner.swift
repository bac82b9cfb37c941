/// A feature that keeps files, and the rows that say which.
package protocol FileOwner: Sendable {
    /// Folders, relative to the data folder, which only this owner uses.
    var fileFolders: [String] { get }

    /// Of these paths, those that a row names, or that belong to one that a row names.
    func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String>

    /// A file that clients may read, by its identifier.
    /// - Returns: nil when there is none, or when it is another tenant's.
    func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile?

    /// The small picture of a file, by the file's identifier.
    /// - Returns: nil when there is none, or when it is another tenant's.
    func thumbnail(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile?
}

extension FileOwner {
    /// None.
    package func thumbnail(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? { nil }
}

/// A file as its row describes it.
package struct StoredFile: Sendable, Equatable {
    /// Relative to the data folder.
    package var path: String
    /// `image/png`.
    package var mediaType: String
    /// In hex; the file never changes, so this is its version. Of what is read, as the length is: not of sealed bytes.
    package var sha256: String
    package var bytes: Int
    /// Milliseconds since 1970.
    package var createdAt: Int64
    /// By which key its bytes are sealed; nil: they are not.
    package var seal: FileSeal?

    /// Where the file with an identifier is read, relative to the server.
    package static func url(of id: String) -> String { "/files/\(id)" }

    package init(
        path: String, mediaType: String, sha256: String, bytes: Int, createdAt: Int64, seal: FileSeal? = nil
    ) {
        self.seal = seal
        self.path = path
        self.mediaType = mediaType
        self.sha256 = sha256
        self.bytes = bytes
        self.createdAt = createdAt
    }

    /// A picture: its format says the media type.
    package init(
        path: String, format: String, sha256: String, bytes: Int, createdAt: Int64, seal: FileSeal? = nil
    ) {
        self.init(
            path: path, mediaType: ImageFormat(rawValue: format)?.mediaType ?? "application/octet-stream",
            sha256: sha256, bytes: bytes, createdAt: createdAt, seal: seal)
    }
}

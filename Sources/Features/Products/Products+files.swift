package import HearthCore

/// Pictures of products, and the pieces of imports that have not been read yet.
extension Products: FileOwner {
    package var fileFolders: [String] { [Self.folder, Self.importFolder] }

    package func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        try table.named(paths, in: db)
    }

    /// Pictures only: what was uploaded to be imported is not for reading.
    package func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
        guard let image = try table.image(id, of: tenant, in: db) else { return nil }
        return StoredFile(
            path: image.path, mediaType: ImageFormat(rawValue: image.format)?.mediaType ?? "application/octet-stream",
            sha256: image.sha256, bytes: image.bytes, createdAt: image.createdAt)
    }
}

package import HearthCore

/// The pictures of anchors and the recipes beside them.
extension Studio: FileOwner {
    package var fileFolders: [String] { [Anchor.rootFolder] }

    /// Of these paths, those that belong to an anchor.
    package func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        try table.named(paths, in: db)
    }

    /// The picture of an anchor; nil when the tenant has no such anchor.
    package func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
        guard let anchor = try table.findAnchor(id, of: tenant, in: db) else { return nil }
        return StoredFile(
            path: anchor.path, format: anchor.format, sha256: anchor.sha256, bytes: anchor.bytes,
            createdAt: anchor.createdAt)
    }
}

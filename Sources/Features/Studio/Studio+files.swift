package import HearthCore

/// The pictures of anchors, the files of outputs, and what lies beside them.
extension Studio: FileOwner {
    package var fileFolders: [String] { [Anchor.rootFolder] }

    /// Of these paths, those that belong to an anchor or an output.
    package func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        try table.named(paths, in: db).union(outputTable.named(paths, in: db))
    }

    /// The picture of an anchor, or the file of an output; nil when the tenant has none.
    package func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
        guard let anchor = try table.findAnchor(id, of: tenant, in: db) else {
            return try outputTable.file(id, of: tenant, in: db)?.stored
        }
        return StoredFile(
            path: anchor.path, format: anchor.format, sha256: anchor.sha256, bytes: anchor.bytes,
            createdAt: anchor.createdAt)
    }

    /// The small picture of an output's file; nil when the tenant has none.
    package func thumbnail(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
        try outputTable.file(id, of: tenant, in: db)?.storedThumbnail
    }
}

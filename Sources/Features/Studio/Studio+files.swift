package import HearthCore

/// The pictures of anchors, the files of outputs, and what lies beside them.
extension Studio: FileOwner {
    package var fileFolders: [String] { [Anchor.rootFolder] }

    /// Of these paths, those that belong to an anchor or an output, and zip files that are to be read.
    package func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        try table.named(paths, in: db).union(outputTable.named(paths, in: db))
            .union(Self.waitingImports(paths, in: db))
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

    /// The small picture of an output's file; a picture that is small itself is its own. Nil when the tenant has none.
    package func thumbnail(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
        if let anchor = try table.findAnchor(id, of: tenant, in: db) {
            return max(anchor.width, anchor.height) <= Limits.thumbnailSide ? try file(id, of: tenant, in: db) : nil
        }
        guard let row = try outputTable.file(id, of: tenant, in: db) else { return nil }
        let isSmall =
            row.file.mediaType.hasPrefix("image/") && max(row.file.width, row.file.height) <= Limits.thumbnailSide
        return row.storedThumbnail ?? (isSmall ? row.stored : nil)
    }
}

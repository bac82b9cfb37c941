package import HearthCore

extension CollectionTable {
    /// Removes the collections of a scope that are not by this revision of a model; all of them when nil.
    package func remove(
        scope: String, of tenant: Tenant, exceptModel digest: String?, in db: any SQLConnection
    ) throws {
        try db.execute(
            """
            DELETE FROM collections WHERE tenant = \(tenant) AND scope = \(scope) AND model_digest <> \(digest ?? "")
            """)
    }
}

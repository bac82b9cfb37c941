package import HearthCore

package import struct Foundation.Data

/// The files that features keep, by their identifiers, for those who may read what they belong to.
package struct StoredFiles: Sendable {
    private let store: any Store
    private let blobs: SealedBlobs
    private let owners: [any FileOwner]

    /// - Parameter keys: open files that are sealed; nil where there are none.
    package init(store: any Store, blobs: any BlobStore, owners: [any FileOwner], keys: SealKeys? = nil) {
        self.store = store
        self.blobs = SealedBlobs(store: store, blobs: blobs, keys: keys)
        self.owners = owners
    }

    /// - Throws: ``HearthError`` `not_found` when there is none, or when it is another tenant's.
    package func find(_ id: String, of tenant: Tenant) async throws -> StoredFile {
        let owners = owners
        return try await store.read { db in
            for owner in owners {
                if let file = try owner.file(id, of: tenant, in: db) { return file }
            }
            throw HearthError(.notFound, "There is no such file.")
        }
    }

    /// The small picture of a file; nil when it has none, or is another tenant's.
    package func thumbnail(_ id: String, of tenant: Tenant) async throws -> StoredFile? {
        let owners = owners
        return try await store.read { db in
            for owner in owners {
                if let file = try owner.thumbnail(id, of: tenant, in: db) { return file }
            }
            return nil
        }
    }

    /// The whole of a file.
    /// - Throws: ``HearthError`` `body_too_large` when it is longer than `limit`, and as blobs are read.
    package func read(_ file: StoredFile, limit: Int) async throws -> Data {
        guard file.bytes <= limit else {
            throw HearthError(
                .bodyTooLarge, "The file has \(file.bytes) bytes, and at most \(limit) are shown here.",
                hint: "Read it at `url`.")
        }
        return try await blobs.read(file)
    }
}

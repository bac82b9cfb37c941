package import Foundation
package import HearthCore
import HearthVectorStore

/// A collection as one file: made whole before it is sent, so that it is of one moment and needs no memory.
package struct CollectionExport: Sendable {
    /// How the file is written.
    package enum Format: String, Sendable, CaseIterable {
        /// Lines that an import reads again.
        case jsonl
        /// The vectors, in the order of the ids.
        case npy
        /// The ids, each a JSON text on a line, in the order of the vectors.
        case ids
    }

    /// The file, at its beginning; it has no name, and goes with its last reference.
    package let file: FileHandle
    package let bytes: Int
    /// The collection's version at that moment.
    package let version: Int64
    /// Its place among the exports, which it holds until it has been sent.
    let share: ExportSpace.Share
}

extension NamedCollections {
    /// Writes a collection into a file without a name.
    ///
    /// The rows are read page by page, so that no thread is held for long. When the collection changes meanwhile, it is
    /// read again, this time in one transaction.
    /// - Throws: ``HearthError`` `not_found`, `conflict` for the vectors of a collection that has none yet,
    ///   `insufficient_storage`, `overloaded` when too many exports are under way.
    package func export(
        _ reference: String, _ format: CollectionExport.Format, of tenant: Tenant
    ) async throws -> CollectionExport {
        let table = table
        let collection = try await find(reference, of: tenant)
        guard let exports else { throw HearthError(.internalError, "This process makes no exports.") }
        if let export = try await exportByPages(collection, format, exports) { return export }
        return try await store.scan { db in
            let collection = try Self.find(collection.id, of: tenant, table, in: db)
            let writer = try ExportWriter(format, in: exports, for: tenant)
            try writer.begin(collection, count: table.count(of: collection.row, in: db))
            var last: String?
            while let end = try writer.write(
                table.page(of: collection.row, after: last, limit: Limits.itemsOfStatement, in: db))
            { last = end }
            return try writer.finish(version: collection.row.version)
        }
    }

    /// Nil when the collection has changed meanwhile.
    private func exportByPages(
        _ collection: NamedCollection, _ format: CollectionExport.Format, _ exports: ExportSpace
    ) async throws -> CollectionExport? {
        let table = table
        let row = collection.row
        let writer = try ExportWriter(format, in: exports, for: row.tenant)
        try writer.begin(collection, count: try await store.read { db in try table.count(of: row, in: db) })
        var last: String?
        while true {
            let after = last
            try Task.checkCancellation()
            let page = try await store.scan { db -> [CollectionTable.Record]? in
                guard try table.collection(id: row.id, of: row.tenant, in: db)?.version == row.version else {
                    return nil
                }
                return try table.page(of: row, after: after, limit: Limits.itemsOfStatement, in: db)
            }
            guard let page else { return nil }
            guard let end = try writer.write(page) else { return try writer.finish(version: row.version) }
            last = end
        }
    }
}

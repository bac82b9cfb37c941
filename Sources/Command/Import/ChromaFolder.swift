import Foundation
import HearthCore
import HearthDoors
import HearthJSON
import HearthSQLite

/// A folder of Chroma's persistent client or server, while neither runs: rows from chroma.sqlite3, vectors from the
/// index files and from the queue of what has not reached them (github.com/chroma-core/chroma, versions 0.4 to 1.x).
final class ChromaFolder: ChromaSource {
    private let path: String
    private let tenant: String
    private let database: String
    private let archive: SQLiteArchive
    /// The vectors of the collection that is being read.
    private let vectors = Locked<(collection: String, vectors: ChromaVectors)?>(nil)

    private static let pageRecords = 500

    /// - Throws: ``HearthError`` `invalid_request` when this is no such folder.
    init(_ path: String, tenant: String, database: String) throws {
        let file = "\(path)/chroma.sqlite3"
        guard FileManager.default.fileExists(atPath: file) else {
            throw HearthError(
                .invalidRequest, "The folder \(path) has no chroma.sqlite3.",
                hint: "Name the folder of Chroma's data, or the address of a running server.")
        }
        self.path = path
        self.tenant = tenant
        self.database = database
        archive = try SQLiteArchive(path: file)
    }

    func collections() async throws -> [ChromaCollection] {
        try archive.read { db in
            let rows = try db.query(
                """
                SELECT c.*, (SELECT COUNT(*) FROM embeddings e JOIN segments s ON s.id = e.segment_id
                  WHERE s.collection = c.id AND s.scope = 'METADATA') AS count
                FROM collections c JOIN databases d ON d.id = c.database_id
                WHERE d.tenant_id = \(tenant) AND d.name = \(database) ORDER BY c.name
                """)
            return try rows.map { row in
                let id = try row.text("id")
                let metadata = try Self.metadata(
                    db.query("SELECT * FROM collection_metadata WHERE collection_id = \(id)"),
                    text: "str_value")
                return ChromaCollection(
                    id: id, name: try row.text("name"),
                    dims: row.optionalInteger("dimension").flatMap { Int(exactly: $0) },
                    count: Int(try row.integer("count")), metadata: metadata.isEmpty ? .null : .object(metadata),
                    configuration: try Self.json(row.optionalText("config_json_str")),
                    schema: try Self.json(row.optionalText("schema_str")))
            }
        }
    }

    func page(of collection: ChromaCollection, from start: Int, readsVectors: Bool) async throws -> ChromaPage {
        let vectors = readsVectors ? try self.vectors(of: collection) : nil
        return try archive.read { db in
            let rows = try db.rows(
                """
                SELECT e.id, e.embedding_id FROM embeddings e JOIN segments s ON s.id = e.segment_id
                WHERE s.collection = \(collection.id) AND s.scope = 'METADATA' AND e.id > \(start)
                ORDER BY e.id LIMIT \(Self.pageRecords)
                """
            ) { row in (number: try row.next(Int64.self), id: try row.next(String.self)) }
            guard let last = rows.last else { return ChromaPage(records: [], next: nil) }
            let metadata = try metadata(of: rows.map(\.number), in: db)
            let records = try rows.map { number, id in
                var own = metadata[number] ?? JSONObject()
                let (document, uri) = (own["chroma:document"]?.stringValue, own["chroma:uri"]?.stringValue)
                own["chroma:document"] = nil
                own["chroma:uri"] = nil
                return ChromaRecord(
                    id: id, vector: try vectors?.vector(of: id) ?? [], metadata: own.isEmpty ? nil : own,
                    document: document, uri: uri)
            }
            return ChromaPage(
                records: records, next: rows.count < Self.pageRecords ? nil : Int(last.number))
        }
    }

    private func vectors(of collection: ChromaCollection) throws -> ChromaVectors {
        if let known = vectors.withLock({ $0 }), known.collection == collection.id { return known.vectors }
        let found = try archive.read { db in try ChromaVectors(folder: path, collection: collection, in: db) }
        vectors.withLock { $0 = (collection.id, found) }
        return found
    }

    private func metadata(of rows: [Int64], in db: any SQLConnection) throws -> [Int64: JSONObject] {
        let values = try db.query(
            "SELECT * FROM embedding_metadata WHERE id IN \(list: rows) ORDER BY rowid")
        var found: [Int64: [SQLRow]] = [:]
        for value in values { found[try value.integer("id"), default: []].append(value) }
        var metadata = try found.mapValues { try Self.metadata($0, text: "string_value") }
        // Lists came with a later version, in a table of their own.
        let hasLists = try db.exists("SELECT 1 FROM sqlite_master WHERE name = 'embedding_metadata_array'")
        guard hasLists else { return metadata }
        for row in try db.query(
            "SELECT * FROM embedding_metadata_array WHERE id IN \(list: rows) ORDER BY rowid")
        {
            let (id, key) = (try row.integer("id"), try row.text("key"))
            let list = metadata[id]?[key]?.arrayValue ?? []
            metadata[id, default: JSONObject()][key] = .array(list + [Self.value(row, text: "string_value")])
        }
        return metadata
    }

    private static func metadata(_ rows: [SQLRow], text: String) throws -> JSONObject {
        var metadata = JSONObject()
        for row in rows { metadata[try row.text("key")] = value(row, text: text) }
        return metadata
    }

    /// The one of four columns that is not null.
    private static func value(_ row: SQLRow, text: String) -> JSONValue {
        if let text = row.optionalText(text) { return .string(text) }
        if let flag = row.optionalInteger("bool_value") { return .bool(flag != 0) }
        if let integer = row.optionalInteger("int_value") { return .int(integer) }
        return row.optionalReal("float_value").map(JSONValue.double) ?? .null
    }

    private static func json(_ text: String?) throws -> JSONValue {
        guard let text, !text.isEmpty else { return .null }
        return try JSONParser.read(Data(text.utf8))
    }
}

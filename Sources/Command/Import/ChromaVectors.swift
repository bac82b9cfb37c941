import Foundation
import HearthCore

/// The vectors of one collection in a folder of Chroma's.
struct ChromaVectors: Sendable {
    /// What the queue says of a record, which is newer than the index.
    private enum Change: Sendable {
        case vector([Float])
        case removed
    }

    /// A row of the queue.
    private struct Entry {
        let operation: Int64
        let id: String
        let vector: Data?
        let encoding: String?
    }

    private let index: ChromaIndex?
    private var changes: [String: Change] = [:]
    private let collection: String

    init(folder: String, collection: ChromaCollection, in db: any SQLConnection) throws {
        self.collection = collection.name
        let segment = try db.value(
            "SELECT id FROM segments WHERE collection = \(collection.id) AND scope = 'VECTOR'", as: String.self)
        index = try segment.flatMap { segment in
            let path = "\(folder)/\(segment)"
            // Without this file nothing has reached the index yet.
            guard FileManager.default.fileExists(atPath: "\(path)/index_metadata.pickle") else { return nil }
            return try ChromaIndex(path: path, dims: collection.dims ?? 0)
        }
        let noted = try segment.flatMap { segment in
            try db.value("SELECT seq_id FROM max_seq_id WHERE segment_id = \(segment)", as: SQLValue.self)
        }
        let reached = noted.flatMap(Self.sequence) ?? index?.reached ?? 0
        let entries = try db.rows(
            """
            SELECT operation, id, vector, encoding FROM embeddings_queue
            WHERE topic LIKE \("%/\(collection.id)") AND seq_id > \(reached) ORDER BY seq_id
            """
        ) { row in
            Entry(operation: try row.next(), id: try row.next(), vector: try row.next(), encoding: try row.next())
        }
        for entry in entries { try apply(entry) }
    }

    /// - Throws: ``HearthError`` `invalid_request` when neither the index nor the queue has it.
    func vector(of id: String) throws -> [Float] {
        if case .vector(let vector) = changes[id] { return vector }
        if changes[id] == nil, let vector = index?.vector(of: id) { return vector }
        throw HearthError(
            .invalidRequest, "The folder has no vector of \"\(id.prefix(80))\" in \"\(collection)\" that can be read.",
            hint: ChromaIndex.advice)
    }

    /// A number of the queue; older versions wrote it as bytes, the greatest first.
    private static func sequence(_ value: SQLValue) -> Int64? {
        guard case .blob(let bytes) = value else { return Int64(sqlValue: value) }
        return bytes.count <= 8 ? bytes.reduce(0) { $0 << 8 | Int64($1) } : nil
    }

    /// Operations: 0 add, 1 update, 2 upsert, 3 delete.
    private mutating func apply(_ entry: Entry) throws {
        let id = entry.id
        switch entry.operation {
        case 3: changes[id] = .removed
        case let operation:
            guard let bytes = entry.vector else { return }
            guard entry.encoding == "FLOAT32" else {
                throw HearthError(
                    .invalidRequest, "The queue has vectors that are not float32.", hint: ChromaIndex.advice)
            }
            let isThere: Bool =
                switch changes[id] {
                case .vector: true
                case .removed: false
                case nil: index?.has(id) ?? false
                }
            // Adding what is there, and updating what is not, changes nothing.
            if operation == 0, isThere { return }
            if operation == 1, !isThere { return }
            changes[id] = .vector(bytes.littleEndianFloats)
        }
    }
}

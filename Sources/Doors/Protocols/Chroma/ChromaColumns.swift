import HearthCollections
import HearthCore
import HearthJSON
import HearthVectorStore

/// The body of `add`, `upsert` and `update`: columns of the same length.
struct ChromaColumns: Sendable {
    /// What a request says of one record; nil: nothing.
    struct Row: Sendable {
        var id: String
        var vector: [Float]?
        /// Members that are null are to be removed.
        var metadata: JSONObject?
        var document: String?
        var uri: String?

        /// About what the record takes in a collection.
        /// - Parameter dims: The length of a vector that is not given.
        func storedBytes(dims: Int?) -> Int {
            (vector?.count ?? dims ?? 0) * MemoryLayout<Float>.size + (document?.utf8.count ?? 0)
                + (metadata?.members ?? []).reduce(0) { $0 + $1.key.utf8.count + Self.length(of: $1.value) }
        }

        private static func length(of value: JSONValue) -> Int {
            switch value {
            case .string(let text): text.utf8.count
            case .array(let elements): elements.reduce(0) { $0 + length(of: $1) }
            default: MemoryLayout<Double>.size
            }
        }
    }

    let rows: [Row]

    /// Under which key of the payload a record's URI is kept.
    static let uriKey = "chroma:uri"

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ fields: RequestFields, needsVectors: Bool) throws(HearthError) {
        guard let ids = try fields.array("ids") else { throw Self.missing("ids") }
        if ids.count > Limits.recordBatch {
            throw HearthError(
                .bodyTooLarge, "There are \(ids.count) records.", hint: "At most \(Limits.recordBatch) in one batch.")
        }
        let vectors = try fields.array("embeddings")
        if needsVectors, vectors == nil { throw Self.missing("embeddings") }
        let metadatas = try fields.array("metadatas")
        let documents = try fields.array("documents")
        let uris = try fields.array("uris")
        guard [vectors, metadatas, documents, uris].allSatisfy({ $0 == nil || $0?.count == ids.count }) else {
            throw HearthError(
                .invalidRequest, "Inconsistent number of IDs, embeddings, documents, URIs and metadatas")
        }
        var rows: [Row] = []
        rows.reserveCapacity(ids.count)
        for (index, id) in ids.enumerated() {
            var row = Row(id: try RecordDraft.id(id))
            if let value = vectors?[index], !value.isNull {
                row.vector = try VectorReader.vector(value, field: "embeddings[\(index)]")
            } else if needsVectors {
                throw HearthError(.invalidRequest, "`embeddings[\(index)]` is missing.")
            }
            row.metadata = try Self.metadata(metadatas?[index], index)
            row.document = try Self.text(documents?[index], "documents[\(index)]")
            row.uri = try Self.text(uris?[index], "uris[\(index)]")
            rows.append(row)
        }
        self.rows = rows
    }

    private static func missing(_ name: String) -> HearthError {
        HearthError(.invalidRequest, "Failed to deserialize the JSON body: missing field `\(name)`")
    }

    private static func text(_ value: JSONValue?, _ field: String) throws(HearthError) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.stringValue, text.utf8.count <= Limits.documentBytes else {
            throw HearthError(
                .invalidRequest, "`\(field)` must be a text of at most \(Limits.documentBytes) bytes.")
        }
        return text
    }

    /// Texts, numbers, flags, and lists of these.
    private static func metadata(_ value: JSONValue?, _ index: Int) throws(HearthError) -> JSONObject? {
        guard let value, !value.isNull else { return nil }
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "`metadatas[\(index)]` must be an object.")
        }
        for member in object.members {
            let isFlat: Bool =
                switch member.value {
                case .object: false
                case .array(let elements): elements.allSatisfy { $0.arrayValue == nil && $0.objectValue == nil }
                default: true
                }
            guard isFlat, member.key != uriKey else {
                throw HearthError(
                    .invalidRequest, "`metadatas[\(index)].\(member.key.prefix(80))` is not understood.",
                    hint: "A text, a number, true, false, or a list of them.")
            }
        }
        return object
    }
}

import HTTPTypes
import HearthCollections
import HearthCore
import HearthJSON
import HearthVectorStore
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// What a client wants to see of records.
struct ChromaInclude: OptionSet, Sendable {
    let rawValue: Int

    static let embeddings = ChromaInclude(rawValue: 1)
    static let documents = ChromaInclude(rawValue: 2)
    static let metadatas = ChromaInclude(rawValue: 4)
    static let distances = ChromaInclude(rawValue: 8)
    static let uris = ChromaInclude(rawValue: 16)

    private static let names: [(String, ChromaInclude)] = [
        ("embeddings", .embeddings), ("documents", .documents), ("metadatas", .metadatas), ("distances", .distances),
        ("uris", .uris),
    ]

    init(rawValue: Int) { self.rawValue = rawValue }

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ fields: RequestFields, otherwise defaults: ChromaInclude) throws(HearthError) {
        guard let wanted = try fields.array("include") else {
            self = defaults
            return
        }
        self = []
        for value in wanted {
            guard let entry = Self.names.first(where: { .string($0.0) == value }) else {
                throw HearthError(
                    .invalidRequest, "`include` has an unknown word.",
                    hint: "There are \(Self.names.map(\.0).joined(separator: ", ")).")
            }
            insert(entry.1)
        }
    }

    /// What rows must be read for.
    var reading: NamedCollections.Reading {
        if contains(.embeddings) { return .vectors }
        return isDisjoint(with: [.documents, .metadatas, .uris]) ? .ids : .payloads
    }

    /// The words, for the answer.
    var words: JSONValue { .array(Self.names.filter { contains($0.1) }.map { .string($0.0) }) }
}

/// Records as columns, written straight into the body: vectors and payloads are most of it.
struct ChromaReply {
    private let include: ChromaInclude
    private var body = ByteBuffer()

    private init(_ include: ChromaInclude) { self.include = include }

    /// The answer of `get`.
    static func get(_ records: [CollectionTable.Record], _ include: ChromaInclude) -> Response {
        var reply = ChromaReply(include)
        reply.columns { reply, write in reply.list(records, write) }
        return reply.response()
    }

    /// The answer of `query`: in each column one list for each query.
    /// - Parameter distances: of the records, in the same order.
    static func query(
        _ answers: [[CollectionTable.Record]], distances: [[Float]], _ include: ChromaInclude
    ) -> Response {
        var reply = ChromaReply(include)
        reply.columns { reply, write in
            reply.list(answers) { reply, records in reply.list(records, write) }
        }
        reply.column("distances", include.contains(.distances)) { reply in
            reply.list(distances) { $0.body.writeJSONNumbers($1) }
        }
        return reply.response()
    }

    private typealias RecordWriter = (inout ChromaReply, CollectionTable.Record) -> Void

    /// Writes the columns that both answers have; `write` lays out the records of one.
    private mutating func columns(_ write: (inout ChromaReply, RecordWriter) -> Void) {
        body.writeStaticString(#"{"ids":"#)
        write(&self) { $0.text($1.item) }
        column("embeddings", include.contains(.embeddings)) { write(&$0) { $0.body.writeJSONNumbers($1.vector) } }
        column("documents", include.contains(.documents)) { write(&$0) { $0.text($1.document) } }
        column("metadatas", include.contains(.metadatas)) { write(&$0) { $0.metadata($1.payload) } }
        column("uris", include.contains(.uris)) { write(&$0) { $0.uri($1.payload) } }
    }

    private mutating func column(_ name: String, _ isWanted: Bool, _ write: (inout ChromaReply) -> Void) {
        body.writeString(",\"\(name)\":")
        if isWanted { write(&self) } else { body.writeStaticString("null") }
    }

    private mutating func list<Element>(_ elements: [Element], _ write: (inout ChromaReply, Element) -> Void) {
        body.writeInteger(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { body.writeInteger(UInt8(ascii: ",")) }
            write(&self, element)
        }
        body.writeInteger(UInt8(ascii: "]"))
    }

    private mutating func text(_ text: String?) {
        body.writeBytes((text.map(JSONValue.string) ?? .null).encoded())
    }

    /// The payload without what only Hearth knows of it; as it is stored when that is all.
    private mutating func metadata(_ payload: String?) {
        guard let payload else { return text(nil) }
        guard payload.contains(ChromaColumns.uriKey), var object = Self.object(payload) else {
            body.writeString(payload)
            return
        }
        object[ChromaColumns.uriKey] = nil
        body.writeBytes(JSONValue.object(object).encoded())
    }

    private mutating func uri(_ payload: String?) {
        text(payload.flatMap(Self.object)?[ChromaColumns.uriKey]?.stringValue)
    }

    private static func object(_ payload: String) -> JSONObject? {
        var payload = payload
        return payload.withUTF8 { try? JSONParser.read(UnsafeRawBufferPointer($0)) }?.objectValue
    }

    private mutating func response() -> Response {
        body.writeStaticString(#","include":"#)
        body.writeBytes(include.words.encoded())
        body.writeStaticString("}\n")
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
            ], body: ResponseBody(byteBuffer: body))
    }
}

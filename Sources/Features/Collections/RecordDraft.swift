package import Foundation
package import HearthCore
package import HearthInference
package import HearthJSON
package import HearthVectorStore
package import HearthVectors

/// A record as a client sends it: checked as far as it can be without its collection's model.
package struct RecordDraft: Sendable {
    package var id: String
    /// What its vector is, or is to be made of.
    package var source: Source
    package var payload: JSONObject?
    package var document: String?

    /// What a vector comes from.
    package enum Source: Sendable {
        case vector([Float])
        case input(EmbeddingInput)
    }

    package init(id: String, source: Source, payload: JSONObject? = nil, document: String? = nil) {
        self.id = id
        self.source = source
        self.payload = payload
        self.document = document
    }

    /// Reads `{"id", "vector" | "text" | "image_base64", "payload"?, "document"?}`.
    /// - Throws: ``HearthError`` `invalid_request`, `body_too_large`.
    package init(_ value: JSONValue) throws(HearthError) {
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "A record must be an object.", hint: "{\"id\": …, \"vector\": […]}")
        }
        if let stray = object.keys.first(where: { !Self.fields.contains($0) }) {
            throw HearthError(
                .invalidRequest, "A record has no field `\(stray.prefix(80))`.",
                hint: "Its fields are \(Self.fields.joined(separator: ", ")); your own go into `payload`.")
        }
        id = try Self.id(object["id"])
        source = try Self.source(of: object)
        document = try Self.text(object["document"], "document")
        if document == nil, case .input(.text(let text, _)) = source { document = text }
        payload = try Self.payload(object["payload"])
    }

    private static let fields = ["id", "vector", "text", "image_base64", "payload", "document"]

    /// An id of a record: kept byte by byte, so that two spellings of one text (macOS writes file names decomposed) are
    /// two ids.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func id(_ value: JSONValue?) throws(HearthError) -> String {
        guard let id = value?.stringValue else { throw HearthError(.invalidRequest, "`id` must be a text.") }
        guard !id.isEmpty, id.utf8.count <= Limits.recordIDBytes, !id.utf8.contains(0) else {
            throw HearthError(
                .invalidRequest, "`id` is empty, too long, or has the character NUL.",
                hint: "1 to \(Limits.recordIDBytes) bytes without the character NUL.")
        }
        return id
    }

    private static func source(of object: JSONObject) throws(HearthError) -> Source {
        let given = ["vector", "text", "image_base64"].filter { object[$0].map { !$0.isNull } ?? false }
        guard given.count == 1 else {
            throw HearthError(
                .invalidRequest, "Exactly one of `vector`, `text` and `image_base64` is wanted.",
                hint: "A vector as numbers or as base64 of float32; the others need a collection with a model.")
        }
        switch given[0] {
        case "text":
            return .input(.text(try text(object["text"], "text") ?? "", role: .document))
        case "image_base64":
            guard let text = object["image_base64"]?.stringValue else {
                throw HearthError(.invalidRequest, "`image_base64` must be a text.")
            }
            return .input(.image(try picture(text)))
        default: return .vector(try VectorReader.vector(object["vector"] ?? .null, field: "vector"))
        }
    }

    /// A picture that is one by its header.
    /// - Throws: ``HearthError`` `invalid_request`, `invalid_image`, `image_too_large`.
    package static func picture(_ base64: String) throws(HearthError) -> Data {
        let bytes = try Base64.read(base64, field: "image_base64")
        _ = try ImageProbe.inspect(bytes)
        return bytes
    }

    private static func text(_ value: JSONValue?, _ field: String) throws(HearthError) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.stringValue else {
            throw HearthError(.invalidRequest, "`\(field)` must be a text.")
        }
        guard text.utf8.count <= Limits.documentBytes else {
            throw HearthError(
                .bodyTooLarge, "`\(field)` has \(text.utf8.count) bytes.", hint: "At most \(Limits.documentBytes).")
        }
        return text
    }

    private static func payload(_ value: JSONValue?) throws(HearthError) -> JSONObject? {
        guard let value, !value.isNull else { return nil }
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "`payload` must be an object.")
        }
        return object
    }

    /// The record as rows hold it.
    /// - Parameters:
    ///   - rules: by which its attributes are read, as ``NamedCollections/rules(of:)`` says.
    ///   - place: how the client knows it, for errors.
    /// - Throws: ``HearthError`` `body_too_large`, `unprocessable_content`, `invalid_request`, `conflict`.
    package func record(
        vector: [Float], rules: [AttributeRule], dims: Int?, metric: VectorMetric, place: String
    ) throws(HearthError) -> CollectionTable.Record {
        try VectorCheck.check(vector, dims: dims, metric: metric, place: place)
        var attributes: [String: AttributeValue] = [:]
        for rule in rules { attributes.merge(try rule.attributes(of: payload)) { _, later in later } }
        try VectorCheck.check(attributes, place: place)
        let text = payload.map { JSONValue.object($0).encodedText() }
        if let text, text.utf8.count > Limits.payloadBytes {
            throw HearthError(
                .bodyTooLarge, "\(place): the payload has \(text.utf8.count) bytes.",
                hint: "At most \(Limits.payloadBytes) as JSON.")
        }
        return CollectionTable.Record(
            item: id, vector: vector, attributes: attributes, payload: text, document: document)
    }
}

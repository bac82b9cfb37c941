import HearthCore
import HearthInference
import HearthJSON

/// What `POST /api/embed` takes.
struct OllamaEmbedRequest: Sendable, Equatable {
    var model: String
    /// Empty: the model is to be loaded, and nothing else.
    var texts: [String]
    var truncates: Bool
    var dimensions: Int?
    var keepAlive: KeepAlive?

    /// What it may be, for `/openapi.json`.
    static let schema = body([
        "input": [
            "oneOf": [
                EmbeddingSchema.text,
                [
                    "type": "array", "maxItems": .int(Int64(Limits.embeddingInputs)), "items": EmbeddingSchema.text,
                ],
            ]
        ],
        "truncate": EmbeddingSchema.flag, "dimensions": ["type": "integer", "minimum": 0],
        "keep_alive": EmbeddingSchema.keepAlive,
    ])
    /// The same for the older call.
    static let olderSchema = body(["prompt": EmbeddingSchema.text, "keep_alive": EmbeddingSchema.keepAlive])

    /// A request about a model, named as clients of today or as older ones name it, with other fields.
    static func body(_ fields: JSONObject) -> JSONValue {
        var properties = fields
        for name in ["model", "name"] { properties[name] = EmbeddingSchema.words }
        return [
            "type": "object", "anyOf": [["required": ["model"]], ["required": ["name"]]],
            "properties": .object(properties),
        ]
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ fields: RequestFields) throws(HearthError) {
        model = try Self.model(fields)
        texts = try Self.texts(fields["input"])
        truncates = try fields.bool("truncate") ?? true
        keepAlive = try fields.keepAlive()
        // Programs in Go write 0 for a number that was not set.
        let wanted = try fields.integer("dimensions")
        dimensions = wanted == 0 ? nil : wanted
    }

    /// The model's name: `model`, or `name` as older clients have it.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func model(_ fields: RequestFields) throws(HearthError) -> String {
        let current = try fields.string("model")
        let older = try fields.string("name")
        guard let name = current ?? older, !name.isEmpty else {
            throw HearthError(.invalidRequest, "`model` is missing.", hint: "`GET /api/tags` lists the models.")
        }
        return name
    }

    /// A text or a list of texts; a lone empty text is no input.
    private static func texts(_ input: JSONValue?) throws(HearthError) -> [String] {
        guard let input else { return [] }
        if let text = input.stringValue { return text.isEmpty ? [] : [text] }
        let texts = input.arrayValue.map { $0.map(\.stringValue) }
        guard let texts, !texts.contains(nil) else {
            throw HearthError(.invalidRequest, "`input` must be a string or a list of strings.")
        }
        guard texts.count <= Limits.embeddingInputs else {
            throw HearthError(
                .invalidRequest, "There are \(texts.count) inputs.",
                hint: "At most \(Limits.embeddingInputs) in one request.")
        }
        return texts.compactMap { $0 }
    }
}

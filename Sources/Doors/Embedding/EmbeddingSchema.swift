import HearthCore
import HearthJSON

/// The schemas of embedding requests and answers for `/openapi.json`, which are read by hand and not into Swift types.
enum EmbeddingSchema {
    /// That of an answer that is a Swift type; any object, when the type cannot be described.
    static func of(_ type: (some Decodable).Type) -> JSONValue { (try? JSONSchema.of(type)) ?? object }

    static let numbers: JSONValue = ["type": "array", "items": ["type": "number"]]
    static let vectors: JSONValue = ["type": "array", "items": numbers]
    static let text: JSONValue = ["type": "string"]
    static let flag: JSONValue = ["type": "boolean"]
    static let encoding: JSONValue = ["type": "string", "enum": ["float", "base64"]]
    static let object: JSONValue = ["type": "object"]
    static let objects: JSONValue = ["type": "array", "items": object]
    /// A text that is not empty.
    static let words: JSONValue = ["type": "string", "minLength": 1]
    static let keepAlive: JSONValue = ["anyOf": [["type": "string", "format": "duration"], ["type": "number"]]]
    static let count: JSONValue = ["type": "integer", "minimum": 1]
    static let role: JSONValue = [
        "type": "string", "enum": ["query", "document", "search_query", "passage", "search_document"],
        "description": "What the texts are for: the model's prefix for it is put before each. No prefix when absent.",
    ]
    static let tokens: JSONValue = [
        "type": "array", "minItems": 1, "maxItems": .int(Int64(Limits.inputTokens)),
        "items": ["type": "integer", "minimum": 0, "maximum": .int(Int64(Int32.max))],
    ]

    /// A text, token ids, or a list of these.
    static func inputs(of text: JSONValue, atMost count: Int) -> JSONValue {
        [
            "oneOf": [
                text, tokens,
                [
                    "type": "array", "minItems": 1, "maxItems": .int(Int64(count)),
                    "items": ["oneOf": [text, tokens]],
                ],
            ]
        ]
    }

    /// The content of a message: a text, or parts of it or a picture.
    static let content: JSONValue = [
        "oneOf": [
            text,
            [
                "type": "array", "minItems": 1,
                "items": [
                    "type": "object", "required": ["type"], "properties": ["type": ["enum": ["text", "image_url"]]],
                ],
            ],
        ]
    ]

    private static let input: JSONObject = [
        "text": text, "image": ["type": "string", "contentEncoding": "base64"], "tokens": tokens,
        "url": ["type": "string", "format": "uri"], "role": role,
    ]

    private static let wishes: JSONObject = [
        "model": text, "role": role, "dimensions": count, "normalise": flag, "truncate": flag,
        "keep_alive": keepAlive, "encoding_format": encoding,
    ]

    /// How vectors are wanted, in the query beside a body that is a picture.
    static var query: [JSONValue] {
        wishes.members.map { OpenAPIEntry.query($0.key, "As in the body.", $0.value) }
    }

    private static let vector: JSONValue = [
        "type": "object",
        "properties": [
            "model": object, "embedding": numbers, "tokens": ["type": "integer"], "cached": flag,
            "timings_ms": object, "batch": ["type": "integer"],
        ],
    ]

    /// What `POST /embed` takes, by media type.
    static var embedding: JSONObject {
        var one = wishes
        for member in input.members { one[member.key] = member.value }
        // The same path in TEI's shape.
        one["inputs"] = inputs(of: words, atMost: Limits.teiInputs)
        return [
            "application/json": ["type": "object", "properties": .object(one)],
            "multipart/form-data": ["type": "object", "properties": ["image": BodyRule.file]],
            "image/*": BodyRule.file,
        ]
    }

    /// What `POST /embed/batch` takes, by media type.
    static var batch: JSONObject {
        var many = wishes
        many["inputs"] = [
            "type": "array", "minItems": 1, "maxItems": .int(Int64(Limits.embeddingBatch)),
            "items": ["oneOf": [text, ["type": "object", "properties": .object(input)]]],
        ]
        let pictures: JSONValue = ["type": "array", "items": BodyRule.file]
        return [
            "application/json": ["type": "object", "required": ["inputs"], "properties": .object(many)],
            "multipart/form-data": [
                "type": "object",
                "properties": ["image": pictures, "text": ["type": "array", "items": text]],
            ],
        ]
    }

    static let vectorOrVectors: JSONValue = ["oneOf": [vector, vectors]]

    static let outcomes: JSONValue = [
        "type": "object",
        "properties": [
            "model": ["type": ["object", "null"]], "results": ["type": "array", "items": vector],
            "failed": ["type": "integer"],
            "total_ms": ["type": "number"],
        ],
    ]
}

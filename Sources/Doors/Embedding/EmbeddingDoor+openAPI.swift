import HearthCore
import HearthJSON

extension EmbeddingDoor {
    /// The routes of this door for `/openapi.json`.
    package static var openAPI: [OpenAPIRoute] {
        native + openAI + tei
    }

    private static let numbers: JSONValue = ["type": "array", "items": ["type": "number"]]
    private static let text: JSONValue = ["type": "string"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let object: JSONValue = ["type": "object"]
    private static let keepAlive: JSONValue = ["type": ["string", "number"]]
    private static let count: JSONValue = ["type": "integer", "minimum": 1]
    private static let role: JSONValue = ["type": "string", "enum": ["query", "document"]]
    private static let tokens: JSONValue = ["type": "array", "items": ["type": "integer", "minimum": 0]]
    private static let inputs: JSONValue = [
        "oneOf": [text, tokens, ["type": "array", "items": ["oneOf": [text, tokens]]]]
    ]

    private static let input: JSONValue = [
        "type": "object",
        "properties": [
            "text": text, "image": ["type": "string", "contentEncoding": "base64"], "tokens": tokens,
            "url": ["type": "string", "format": "uri"], "role": role,
        ],
    ]

    private static let wishes: JSONObject = [
        "model": text, "role": role, "dimensions": count, "normalise": flag, "truncate": flag,
        "keep_alive": keepAlive,
    ]

    private static let vector: JSONValue = [
        "type": "object",
        "properties": [
            "model": object, "embedding": numbers, "tokens": ["type": "integer"], "cached": flag,
            "timings_ms": object, "batch": ["type": "integer"],
        ],
    ]

    private static var native: [OpenAPIRoute] {
        var one = wishes
        for member in input["properties"]?.objectValue?.members ?? [] { one[member.key] = member.value }
        // The same path in TEI's shape.
        one["inputs"] = inputs
        var many = wishes
        many["inputs"] = [
            "type": "array", "minItems": 1, "maxItems": .int(Int64(Limits.embeddingBatch)),
            "items": ["oneOf": [text, input]],
        ]
        return [
            OpenAPIRoute(
                .post, "/embed", "embed", "The vector of a picture or a text; with `inputs`, TEI's list of vectors.",
                body: ["type": "object", "properties": .object(one)], takesPicture: true,
                answer: ["oneOf": [vector, ["type": "array", "items": numbers]]]),
            OpenAPIRoute(
                .post, "/embed/batch", "embed.batch", "The vectors of many inputs; each may fail by itself.",
                body: ["type": "object", "required": ["inputs"], "properties": .object(many)],
                answer: [
                    "type": "object",
                    "properties": [
                        "model": object, "results": ["type": "array", "items": vector],
                        "failed": ["type": "integer"], "total_ms": ["type": "number"],
                    ],
                ]),
            OpenAPIRoute(
                .get, "/health/warm", "health.warm", "Whether every model that should be in memory answers now.",
                answer: [
                    "type": "object",
                    "properties": ["warm": flag, "reason": text, "models": ["type": "array", "items": object]],
                ]),
        ]
    }

    private static var openAI: [OpenAPIRoute] {
        let body: JSONValue = [
            "type": "object",
            "properties": [
                "model": text, "input": inputs, "messages": ["type": "array", "items": object],
                "modality": ["type": "string", "enum": ["text", "image"]],
                "encoding_format": ["type": "string", "enum": ["float", "base64"]], "dimensions": count,
                "user": text, "truncate": flag, "role": role, "keep_alive": keepAlive,
            ],
        ]
        let list: JSONValue = [
            "type": "object",
            "properties": [
                "object": text, "data": ["type": "array", "items": object], "model": text, "usage": object,
            ],
        ]
        return [
            OpenAPIRoute(
                .post, "/v1/embeddings", "openai.embeddings", "OpenAI's embeddings; also at `/embeddings`.",
                body: body, answer: list),
            OpenAPIRoute(.get, "/v1/models", "openai.models", "The models in OpenAI's words.", answer: list),
            OpenAPIRoute(
                .get, "/v1/models/{id}", "openai.model", "One model in OpenAI's words; its id may hold a slash.",
                answer: object),
        ]
    }

    private static var tei: [OpenAPIRoute] {
        let sentences: JSONValue = [
            "type": "object", "required": ["source_sentence", "sentences"],
            "properties": ["source_sentence": text, "sentences": ["type": "array", "items": text]],
        ]
        return [
            OpenAPIRoute(
                .post, "/similarity", "tei.similarity", "TEI's cosines of sentences with one.",
                body: [
                    "type": "object", "required": ["inputs"],
                    "properties": ["inputs": sentences, "parameters": object, "model": text],
                ], answer: numbers),
            OpenAPIRoute(.get, "/info", "tei.info", "What TEI tells of its model.", answer: object),
        ]
    }
}

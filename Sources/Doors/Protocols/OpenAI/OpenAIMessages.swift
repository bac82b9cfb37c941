import HearthCore
import HearthInference
import HearthJSON

/// vLLM's chat form of embedding requests: each message is one input.
enum OpenAIMessages {
    /// - Throws: ``HearthError`` `invalid_request`, also for a message with a picture and a text: that takes a model
    ///   which reads both at once.
    static func sources(_ value: JSONValue, role: TextRole?) throws(HearthError) -> [EmbeddingSource] {
        guard let messages = value.arrayValue, (1...Limits.openAIInputs).contains(messages.count) else {
            throw HearthError(
                .invalidRequest, "`messages` is not a list of messages.", hint: "1 to \(Limits.openAIInputs) of them.")
        }
        var sources: [EmbeddingSource] = []
        for message in messages { sources.append(try source(message, role: role)) }
        return sources
    }

    private static func source(_ message: JSONValue, role: TextRole?) throws(HearthError) -> EmbeddingSource {
        let fields = try RequestFields(message, what: "`messages` holds something that")
        guard try fields.string("role") ?? "user" == "user" else {
            throw HearthError(
                .invalidRequest, "`messages` has a message that is not the user's.",
                hint: "Embedding models take no instructions by message; `role` at the top is `query` or `document`.")
        }
        if let text = fields["content"]?.stringValue {
            return try .text(text, role: role, field: "messages")
        }
        guard let parts = fields["content"]?.arrayValue else {
            throw HearthError(
                .invalidRequest, "`messages` has a message without content.",
                hint: "`content` is a text, or a list of `text` and `image_url` parts.")
        }
        return try source(parts: parts, role: role)
    }

    private static func source(parts: [JSONValue], role: TextRole?) throws(HearthError) -> EmbeddingSource {
        var texts: [String] = []
        var pictures: [String] = []
        for part in parts {
            let fields = try RequestFields(part, what: "`messages` has a part that")
            switch try fields.string("type") {
            case "text": texts.append(try fields.string("text") ?? "")
            case "image_url":
                let picture = fields["image_url"]
                guard let url = picture?.stringValue ?? picture?["url"]?.stringValue else {
                    throw HearthError(.invalidRequest, "`messages` has an `image_url` part without its `url`.")
                }
                pictures.append(url)
            default:
                throw HearthError(
                    .invalidRequest, "`messages` has a part of an unknown type.", hint: "`text` or `image_url`.")
            }
        }
        guard pictures.count <= 1, pictures.isEmpty || texts.isEmpty else {
            throw HearthError(
                .invalidRequest, "`messages` has a message of several inputs.",
                hint: "A message is one picture or one text: no model here makes one vector of both.")
        }
        if let picture = pictures.first { return try .picture(picture, field: "messages") }
        return try .text(texts.joined(separator: "\n"), role: role, field: "messages")
    }
}

import HearthCore
import HearthInference
import HearthJSON

/// A request of `POST /v1/embeddings`, with the two ways in use to send pictures.
///
/// Texts and token ids are OpenAI's own. `modality: "image"` with data URIs, base64 or URLs as `input` is infinity's;
/// `messages` with `image_url` parts is vLLM's. Fields that Hearth does not know are ignored, as clients send many.
struct OpenAIEmbeddings: Sendable, Equatable {
    var sources: [EmbeddingSource]
    var wishes: EmbeddingWishes
    var encoding: VectorEncoding

    /// - Throws: ``HearthError`` `invalid_request`; its message begins with the field's name in backticks.
    init(_ fields: RequestFields) throws(HearthError) {
        wishes = EmbeddingWishes()
        wishes.model = try fields.string("model")
        wishes.dimensions = try fields.count("dimensions")
        wishes.truncates = try fields.bool("truncate") ?? true
        wishes.keepAlive = try fields.keepAlive()
        encoding = try fields.encoding()
        let role = try Self.role(fields)
        if let messages = fields["messages"] {
            guard fields["input"] == nil else {
                throw HearthError(.invalidRequest, "`input` and `messages` are both given.", hint: "Send one of them.")
            }
            sources = try OpenAIMessages.sources(messages, role: role)
        } else {
            sources = try Self.sources(fields["input"], modality: fields.string("modality") ?? "text", role: role)
        }
        guard sources.count <= Limits.openAIInputs else { throw Self.wrongCount(sources.count) }
    }

    /// `role`, or `input_type` as NVIDIA's, Voyage's and Cohere's clients send it. A text gets a prefix only when one
    /// of them says which; OpenAI's own request has neither.
    private static func role(_ fields: RequestFields) throws(HearthError) -> TextRole? {
        let role = try fields.role("role")
        // Cohere's other types have no prefix in any model here.
        if ["classification", "clustering"].contains(try fields.string("input_type")) { return role }
        let type = try fields.role("input_type")
        guard role == nil || type == nil || role == type else {
            throw HearthError(
                .invalidRequest, "`input_type` and `role` say different things.", hint: "Send one of them.")
        }
        return role ?? type
    }

    private static func sources(
        _ input: JSONValue?, modality: String, role: TextRole?
    ) throws(HearthError) -> [EmbeddingSource] {
        guard let input else {
            throw HearthError(
                .invalidRequest, "`input` is missing.",
                hint: "A text, a list of texts, a list of token ids, or a list of such lists.")
        }
        guard modality == "text" || modality == "image" else {
            throw HearthError(.invalidRequest, "`modality` is not one of `text` and `image`.")
        }
        let isImage = modality == "image"
        if let text = input.stringValue { return [try source(text, isImage: isImage, role: role)] }
        guard let list = input.arrayValue else { throw mixed(isImage) }
        guard (1...Limits.openAIInputs).contains(list.count) || list.first?.integerValue != nil else {
            throw wrongCount(list.count)
        }
        let texts = list.compactMap(\.stringValue)
        if texts.count == list.count {
            var sources: [EmbeddingSource] = []
            for text in texts { sources.append(try source(text, isImage: isImage, role: role)) }
            return sources
        }
        guard !isImage else { throw mixed(isImage) }
        if list.allSatisfy({ $0.integerValue != nil }) { return [try .tokens(list, role: role, field: "input")] }
        let lists = list.compactMap(\.arrayValue)
        guard lists.count == list.count else { throw mixed(isImage) }
        var sources: [EmbeddingSource] = []
        for tokens in lists { sources.append(try .tokens(tokens, role: role, field: "input")) }
        return sources
    }

    private static func source(
        _ text: String, isImage: Bool, role: TextRole?
    ) throws(HearthError) -> EmbeddingSource {
        isImage ? try .picture(text, field: "input") : try .text(text, role: role, field: "input")
    }

    private static func wrongCount(_ count: Int) -> HearthError {
        HearthError(
            .invalidRequest, "`input` has \(count) elements.", hint: "1 to \(Limits.openAIInputs) are allowed.")
    }

    private static func mixed(_ isImage: Bool) -> HearthError {
        HearthError(
            .invalidRequest, "`input` is not of one of its types.",
            hint: isImage
                ? "A data URI, base64 or a URL, or a list of these."
                : "A text, a list of texts, a list of token ids, or a list of such lists.")
    }
}

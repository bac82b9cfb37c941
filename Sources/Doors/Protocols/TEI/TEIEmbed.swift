import HearthCore
import HearthInference
import HearthJSON

/// A request of TEI's `POST /embed`: texts or lists of token ids, one or several.
struct TEIEmbed: Sendable, Equatable {
    var sources: [EmbeddingSource]
    var wishes: EmbeddingWishes
    /// Characters of all texts.
    var characters: Int

    /// - Throws: ``HearthError`` `invalid_request`, `empty_input`.
    init(_ fields: RequestFields) throws(HearthError) {
        wishes = EmbeddingWishes()
        wishes.model = try fields.string("model")
        wishes.dimensions = try fields.count("dimensions")
        wishes.normalises = try fields.bool("normalize") ?? true
        wishes.truncates = try Self.truncates(fields)
        let role = try Self.role(fields)
        guard let inputs = fields["inputs"] else { throw HearthError(.invalidRequest, "`inputs` is missing.") }
        let elements: [JSONValue]
        // A list of numbers is one input; every other list holds inputs.
        if let list = inputs.arrayValue, list.first?.integerValue == nil {
            elements = list
        } else {
            elements = [inputs]
        }
        guard !elements.isEmpty else { throw TEIError.empty("inputs") }
        guard elements.count <= Limits.teiInputs else {
            throw HearthError(
                .invalidRequest,
                "batch size \(elements.count) > maximum allowed batch size \(Limits.teiInputs)")
        }
        sources = []
        characters = 0
        for element in elements {
            let source = try Self.source(element, field: "inputs", role: role)
            if case .ready(.text(let text, _)) = source { characters += text.unicodeScalars.count }
            sources.append(source)
        }
    }

    /// A text, or a list of token ids.
    static func source(
        _ value: JSONValue, field: String, role: TextRole?
    ) throws(HearthError) -> EmbeddingSource {
        if let text = value.stringValue {
            guard !text.isEmpty else { throw TEIError.empty(field) }
            return try .text(text, role: role, field: field)
        }
        guard let tokens = value.arrayValue else {
            throw HearthError(
                .invalidRequest, "`\(field)` is not of one of its types.",
                hint: "A text, a list of token ids, or a list of these.")
        }
        guard !tokens.isEmpty else { throw TEIError.empty(field) }
        return try .tokens(tokens, role: role, field: field)
    }

    /// Unset means what the server does by itself, and that is to cut, in today's TEI as here.
    static func truncates(_ fields: RequestFields) throws(HearthError) -> Bool {
        switch try fields.string("truncation_direction")?.lowercased() {
        case nil, "right": break
        case "left":
            throw HearthError(
                .invalidRequest, "`truncation_direction` cannot be `left`.",
                hint: "Texts are cut at their end; send the part that matters.")
        default: throw HearthError(.invalidRequest, "`truncation_direction` is not `left` or `right`.")
        }
        return try fields.bool("truncate") ?? true
    }

    /// `prompt_name`: the model's prompt of this name is put before each text. Unset means no prompt; an unknown name
    /// is an error, in TEI as here. Of a model without prompts TEI refuses each name; here the text stays as it is.
    static func role(_ fields: RequestFields) throws(HearthError) -> TextRole? {
        guard let name = try fields.string("prompt_name") else { return nil }
        guard let role = TextRole(named: name) else {
            throw HearthError(.invalidRequest, "`prompt_name` is not a prompt of this model.", hint: TextRole.hint)
        }
        return role
    }
}

/// A request of TEI's `POST /similarity`: how near each sentence is to one.
struct TEISimilarity: Sendable, Equatable {
    /// The one sentence, then the others.
    var sources: [EmbeddingSource]
    var wishes: EmbeddingWishes
    var characters: Int

    /// - Throws: ``HearthError`` `invalid_request`, `empty_input`.
    init(_ fields: RequestFields) throws(HearthError) {
        let parameters = try RequestFields(fields["parameters"] ?? [:], what: "`parameters`")
        wishes = EmbeddingWishes()
        wishes.model = try fields.string("model")
        wishes.truncates = try TEIEmbed.truncates(parameters)
        let role = try TEIEmbed.role(parameters)
        guard let value = fields["inputs"] else { throw HearthError(.invalidRequest, "`inputs` is missing.") }
        let inputs = try RequestFields(value, what: "`inputs`")
        guard let one = try inputs.string("source_sentence") else {
            throw HearthError(.invalidRequest, "`source_sentence` is missing.")
        }
        guard let others = inputs["sentences"]?.arrayValue else {
            throw HearthError(.invalidRequest, "`sentences` must be a list of texts.")
        }
        guard !others.isEmpty else { throw TEIError.empty("sentences") }
        // The one sentence is an input as well.
        guard others.count < Limits.teiInputs else {
            throw HearthError(
                .invalidRequest,
                "batch size \(others.count + 1) > maximum allowed batch size \(Limits.teiInputs)")
        }
        sources = [try TEIEmbed.source(.string(one), field: "source_sentence", role: role)]
        characters = one.unicodeScalars.count
        for other in others {
            guard let text = other.stringValue else {
                throw HearthError(.invalidRequest, "`sentences` must be a list of texts.")
            }
            sources.append(try TEIEmbed.source(other, field: "sentences", role: role))
            characters += text.unicodeScalars.count
        }
    }

    /// The cosine of each vector with the first; vectors have length 1.
    static func scores(_ vectors: [[Float]]) -> [Float] {
        guard let one = vectors.first else { return [] }
        return vectors.dropFirst().map { other in
            Float(zip(one, other).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
        }
    }
}

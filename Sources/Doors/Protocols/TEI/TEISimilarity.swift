import HearthCore
import HearthJSON

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

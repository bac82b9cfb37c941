import Foundation
import HearthCore
import HearthHTTP
import HearthJSON

/// Hearth's own request for many vectors: inputs of any kind, each of which may fail by itself.
struct NativeBatch: Sendable {
    var sources: [Result<EmbeddingSource, HearthError>]
    var wishes: EmbeddingWishes
    var encoding: VectorEncoding

    private static let names = [
        "model", "inputs", "role", "dimensions", "normalise", "normalize", "truncate", "keep_alive",
        "encoding_format",
    ]

    /// - Throws: ``HearthError`` `invalid_request` when the request as a whole is wrong.
    init(_ fields: RequestFields) throws(HearthError) {
        try fields.refuseOthers(than: Self.names)
        wishes = try NativeEmbedding.wishes(fields)
        encoding = try fields.encoding()
        let role = try fields.role("role")
        guard let inputs = fields["inputs"]?.arrayValue else {
            throw HearthError(
                .invalidRequest, "`inputs` must be a list.",
                hint: "Its elements are texts, or objects with `text`, `image` (base64), `tokens` or `url`.")
        }
        try Self.check(inputs.count)
        sources = inputs.map { NativeEmbedding.item($0, role: role) }
    }

    /// A form: every part `image` or `text` is an input, in their order; the other parts are fields.
    /// - Throws: ``HearthError`` `invalid_request` when the request as a whole is wrong.
    init(form parts: [EmbeddingBody.Part], query: [(name: String, value: String)]) throws(HearthError) {
        let isInput = { (part: EmbeddingBody.Part) in ["image", "text"].contains(part.name) }
        var texts = query
        for part in parts where !isInput(part) {
            guard let text = part.text else {
                throw HearthError(.invalidRequest, "A part of the form is not valid UTF-8.")
            }
            texts.append((part.name, text))
        }
        let fields = try RequestFields([:], texts: texts)
        try fields.refuseOthers(than: Self.names.filter { $0 != "inputs" })
        wishes = try NativeEmbedding.wishes(fields)
        encoding = try fields.encoding()
        let role = try fields.role("role")
        let inputs = parts.filter(isInput)
        try Self.check(inputs.count)
        sources = inputs.map { part in
            Result { () throws(HearthError) in
                if part.name == "image" { return try .picture(Picture(sharing: part.bytes), field: "image") }
                guard let text = part.text else {
                    throw HearthError(.invalidRequest, "`text` is not valid UTF-8.")
                }
                return try .text(text, role: role, field: "text")
            }
        }
    }

    private static func check(_ count: Int) throws(HearthError) {
        guard (1...Limits.embeddingBatch).contains(count) else {
            throw HearthError(
                .invalidRequest, count == 0 ? "There is no input." : "The batch has \(count) inputs.",
                hint: "1 to \(Limits.embeddingBatch) inputs, \(Limits.bodyBytes >> 20) MB in all.")
        }
    }
}

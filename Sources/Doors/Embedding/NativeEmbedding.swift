import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// Hearth's own request for one vector: an input, and how it is wanted.
struct NativeEmbedding: Sendable {
    var source: EmbeddingSource
    var wishes: EmbeddingWishes
    var encoding: VectorEncoding

    private static let inputNames = ["text", "image", "tokens", "url"]
    private static let wishNames = [
        "model", "role", "dimensions", "normalise", "normalize", "truncate", "keep_alive", "encoding_format",
    ]

    /// - Parameter picture: the picture when it came beside the fields.
    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ fields: RequestFields, picture: Picture? = nil) throws(HearthError) {
        try fields.refuseOthers(than: Self.inputNames + Self.wishNames)
        wishes = try Self.wishes(fields)
        encoding = try fields.encoding()
        source = try Self.source(fields, role: try fields.role("role"), picture: picture)
    }

    /// How the vectors are wanted.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func wishes(_ fields: RequestFields) throws(HearthError) -> EmbeddingWishes {
        var wishes = EmbeddingWishes()
        wishes.model = try fields.string("model")
        wishes.dimensions = try fields.count("dimensions")
        wishes.truncates = try fields.bool("truncate") ?? true
        let (british, american) = (try fields.bool("normalise"), try fields.bool("normalize"))
        guard british == nil || american == nil || british == american else {
            throw HearthError(.invalidRequest, "`normalise` and `normalize` say different things.")
        }
        wishes.normalises = british ?? american ?? true
        wishes.keepAlive = try fields.keepAlive()
        return wishes
    }

    /// The one input of an object.
    private static func source(
        _ fields: RequestFields, role: TextRole?, picture: Picture?
    ) throws(HearthError) -> EmbeddingSource {
        let given = inputNames.filter { fields[$0] != nil }
        guard given.count + (picture == nil ? 0 : 1) == 1 else {
            let isNone = given.isEmpty && picture == nil
            throw HearthError(
                .invalidRequest, isNone ? "There is no input." : "There is more than one input.",
                hint: "One of `text`, `image` (base64), `tokens` and `url`; `POST /embed/batch` takes several.")
        }
        if let picture { return try .picture(picture, field: "image") }
        if let text = try fields.string("text") { return try .text(text, role: role, field: "text") }
        if let value = fields["tokens"] {
            guard let tokens = value.arrayValue else {
                throw HearthError(.invalidRequest, "`tokens` must be a list of token ids.")
            }
            return try .tokens(tokens, role: role, field: "tokens")
        }
        if let url = try fields.string("url") {
            guard case .url(let url) = try EmbeddingSource.picture(url, field: "url") else {
                throw HearthError(.invalidRequest, "`url` is not an http or https URL.")
            }
            return .url(url)
        }
        return try .picture(try fields.string("image") ?? "", field: "image")
    }

    /// An element of a batch: a text, or an object with one input.
    static func item(_ value: JSONValue, role: TextRole?) -> Result<EmbeddingSource, HearthError> {
        Result { () throws(HearthError) in
            if let text = value.stringValue { return try .text(text, role: role, field: "inputs") }
            let fields = try RequestFields(value, what: "An input that is no text")
            try fields.refuseOthers(than: inputNames + ["role"])
            return try source(fields, role: try fields.role("role") ?? role, picture: nil)
        }
    }
}

import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// An input as a client wrote it: a picture may still be behind its URL.
enum EmbeddingSource: Sendable, Equatable {
    case ready(EmbeddingInput)
    case url(String)

    /// A text within its limits.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func text(_ text: String, role: TextRole?, field: String) throws(HearthError) -> EmbeddingSource {
        guard !text.isEmpty else {
            throw HearthError(.invalidRequest, "`\(field)` is an empty text.", hint: "Send at least one character.")
        }
        guard text.utf8.count <= Limits.textBytes else {
            throw HearthError(
                .invalidRequest, "`\(field)` is longer than \(Limits.textBytes) bytes.",
                hint: "Send it in parts: a model reads a few thousand words at most.")
        }
        return .ready(.text(text, role: role))
    }

    /// A list of token ids within its limits.
    /// - Parameter role: Only texts can have one: its prefix is put before the text; token ids are taken as they are.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func tokens(_ values: [JSONValue], role: TextRole?, field: String) throws(HearthError) -> EmbeddingSource {
        guard role == nil else {
            throw HearthError(
                .invalidRequest, "`\(field)` holds token ids, and no prefix can be put before them.",
                hint: "Send the text, or token ids that begin with the prefix and no role.")
        }
        guard (1...Limits.inputTokens).contains(values.count) else {
            throw HearthError(
                .invalidRequest, "`\(field)` has \(values.count) token ids.", hint: "1 to \(Limits.inputTokens).")
        }
        let tokens = values.compactMap { $0.integerValue.flatMap(Int32.init(exactly:)) }.filter { $0 >= 0 }
        guard tokens.count == values.count else {
            throw HearthError(
                .invalidRequest, "`\(field)` holds something that is no token id.",
                hint: "Token ids are whole numbers from 0.")
        }
        return .ready(.tokens(tokens))
    }

    /// A picture as base64, as a data URI, or behind a URL.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func picture(_ text: String, field: String) throws(HearthError) -> EmbeddingSource {
        if let scheme = text.prefix(32).range(of: "://") {
            let name = text[..<scheme.lowerBound].lowercased()
            guard ["http", "https"].contains(name) else {
                throw HearthError(
                    .invalidRequest, "`\(field)` is a URL of a kind that Hearth does not fetch.",
                    hint: "Send base64, a data URI, or an http or https URL.")
            }
            return .url(text)
        }
        return try picture(Picture(Base64.read(text, field: field)), field: field)
    }

    /// A picture as it came in.
    /// - Throws: ``HearthError`` `invalid_image`.
    static func picture(_ picture: Picture, field: String) throws(HearthError) -> EmbeddingSource {
        guard !picture.bytes.isEmpty else {
            throw HearthError(.invalidImage, "`\(field)` is an empty picture (0 bytes).", hint: ImageFormat.accepted)
        }
        return .ready(.image(picture))
    }
}

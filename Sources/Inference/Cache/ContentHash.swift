import Crypto
import HearthCore

/// What an input is, whichever model looks at it: SHA-256 over its kind, its bytes, and how they are to be read.
package struct ContentHash: Hashable, Sendable {
    let digest: Digest256

    /// Reads a text's or a picture's bytes once, where they lie; a picture that is hashed already is not read.
    /// - Parameter truncates: Whether a text that is too long is cut; pictures are never cut.
    package init(_ input: EmbeddingInput, truncates: Bool) {
        var hash = SHA256()
        switch input {
        case .image(let picture):
            // Over the picture's own hash: others need that as well.
            hash.update(data: Self.head("image sha-256", count: picture.bytes.count))
            hash.update(data: picture.sha256.bytes)
        case .text(var text, let role):
            // A role that is absent and one that is empty are told apart by the number of fields.
            let words = ["text", truncates ? "cut" : "whole"] + (role.map { [$0.rawValue] } ?? [])
            hash.update(data: Self.head(words, count: text.utf8.count))
            text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        case .tokens(let tokens):
            hash.update(data: Self.head(["tokens", truncates ? "cut" : "whole"], count: tokens.count))
            tokens.map(\.littleEndian).withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        digest = Digest256(hash.finalize())
    }

    private static func head(_ kind: String, count: Int) -> [UInt8] { head([kind], count: count) }

    private static func head(_ words: [String], count: Int) -> [UInt8] {
        var fields = CanonicalFields("hearth content 1")
        fields.append(words.count)
        for word in words { fields.append(word) }
        fields.append(count)
        return fields.bytes
    }
}

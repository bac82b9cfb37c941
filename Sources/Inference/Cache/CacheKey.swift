import Crypto
package import HearthCore

package import struct Foundation.Data

/// Where a vector lies in the cache: SHA-256 over everything that it depends on, and over whose it is.
///
/// Content, digest of weights and preprocessing, precision and dimensions decide the vector. The tenant is part of it
/// so that a fast answer does not reveal what another tenant has embedded. The model's id is not: two folders with
/// the same digest are the same model. A key is never shortened; shorter ones have returned wrong vectors elsewhere.
package struct CacheKey: Hashable, Sendable {
    private let digest: Digest256

    package init(_ content: ContentHash, model: ModelIdentity, tenant: Tenant) {
        var fields = CanonicalFields("hearth embedding 1")
        fields.append(tenant.rawValue)
        fields.append(model.digest)
        fields.append(model.precision)
        fields.append(model.dims)
        digest = Self.digest(fields, content)
    }

    /// Names a call under way: its model is known by its id, before the engine has said which revision answers.
    init(callFor content: ContentHash, modelID: String, tenant: Tenant) {
        var fields = CanonicalFields("hearth call 1")
        fields.append(tenant.rawValue)
        fields.append(modelID)
        digest = Self.digest(fields, content)
    }

    /// The 32 bytes, as stores keep them.
    package var bytes: Data { digest.bytes }

    private static func digest(_ fields: CanonicalFields, _ content: ContentHash) -> Digest256 {
        var hash = SHA256()
        hash.update(data: fields.bytes)
        hash.update(data: content.digest.bytes)
        return Digest256(hash.finalize())
    }
}

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

/// Fields as bytes that can be read in one way only: each text stands behind its length, numbers have eight bytes.
///
/// "ab" followed by "c" therefore differs from "a" followed by "bc". Texts are compared by their bytes, not as Swift
/// compares them: "é" and "e" with an accent after it are two texts for a model.
struct CanonicalFields {
    private(set) var bytes: [UInt8] = []

    /// - Parameter purpose: what the bytes are for, with the version of their form; the first field.
    init(_ purpose: String) {
        bytes.reserveCapacity(256)
        append(purpose)
    }

    mutating func append(_ text: String) {
        append(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Little-endian.
    mutating func append(_ number: Int) {
        withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { bytes.append(contentsOf: $0) }
    }
}

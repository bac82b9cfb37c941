import Crypto
package import HearthCore

package import struct Foundation.Data

/// Where a vector lies in the cache: SHA-256 over everything that it depends on, and over whose it is.
///
/// Content, digest of weights and preprocessing, precision and dimensions decide the vector. The tenant is part of it
/// so that nobody learns from a quick answer what somebody else has embedded. The model's id is not: two folders with
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

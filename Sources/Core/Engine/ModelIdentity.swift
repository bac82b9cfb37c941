/// What makes two vectors comparable: vectors whose identities differ are never compared.
package struct ModelIdentity: Hashable, Sendable, Codable {
    /// The model's id, which is its folder's name.
    package var id: String
    /// SHA-256 over weights and preprocessing, in hex: two revisions of one id differ here.
    package var digest: String
    /// Length of the vectors.
    package var dims: Int
    /// `f32` or `bf16`.
    package var precision: String

    package init(id: String, digest: String, dims: Int, precision: String) {
        self.id = id
        self.digest = digest
        self.dims = dims
        self.precision = precision
    }
}

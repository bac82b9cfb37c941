package import HearthCore

/// The space of a vector: only vectors of the same space are compared.
package struct VectorSpace: Sendable, Hashable {
    package let tenant: Tenant
    /// What the collection is of: a project's id.
    package let scope: String
    package let modelID: String
    package let modelDigest: String
    package let dims: Int
    /// The scope whose key seals its vectors, as a client whose faces they are; nil: they are not sealed.
    package let seal: String?

    package init(tenant: Tenant, scope: String, model: ModelIdentity, seal: String? = nil) {
        self.seal = seal
        self.tenant = tenant
        self.scope = scope
        modelID = model.id
        modelDigest = model.digest
        dims = model.dims
    }
}

/// Checks tokens that another server has issued (`docs/identity.md`).
package protocol TokenVerifier: Sendable {
    /// The caller who shows a token.
    /// - Throws: ``HearthError`` `unauthorized`, without saying more than a client needs to know.
    func principal(showing token: String) async throws -> Principal
}

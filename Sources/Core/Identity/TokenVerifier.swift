/// Checks tokens that another server has issued (`docs/identity.md`).
package protocol TokenVerifier: Sendable {
    /// Who calls with a token.
    /// - Throws: ``HearthError`` `unauthorized`, without saying more than a client needs to know.
    func credential(showing token: String) async throws -> AcceptedCredential
}

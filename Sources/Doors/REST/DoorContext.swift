package import HearthCore
package import Hummingbird

/// What the door knows of a request.
package struct DoorContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Set by ``AdmissionMiddleware`` before any route runs.
    package var principal: Principal?

    package init(source: Source) {
        coreContext = .init(source: source)
    }

    /// - Throws: ``HearthError`` `unauthorized` when nothing has let the request in.
    package func requirePrincipal() throws(HearthError) -> Principal {
        guard let principal else { throw HearthError(.unauthorized, "The request has no credential.") }
        return principal
    }
}

package import HTTPTypes
package import HearthCore
package import Hummingbird

/// The protocols of other model servers, so that their clients work unchanged: Ollama's embeddings, the Open Inference
/// Protocol (version 2) and Immich's machine-learning host.
package struct ForeignDoor: Sendable {
    /// What Immich calls: it cannot send a key.
    package static let immichPaths: Set<String> = ["/ping", "/predict"]

    let routes: [ForeignRoute]
    private let budget: BodyBudget

    package init(service: EmbeddingService, budget: BodyBudget, clock: any WallClock = SystemClock()) {
        self.budget = budget
        routes =
            OllamaDoor(service: service, clock: clock).routes + OpenInferenceDoor(service: service).routes
            + ImmichDoor(service: service).routes
    }

    /// Adds the routes of all protocols.
    package func add(to router: Router<DoorContext>) {
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await route.answer(
                    ForeignCall(
                        request: request, context: context, principal: context.requirePrincipal(), budget: budget))
            }
        }
    }

    /// Methods that exist at a path, for 405.
    package func allowedMethods(at path: String) -> [HTTPRequest.Method] {
        routes.filter { $0.matches(path) }.map(\.method)
    }

    /// How errors are worded at a path: one text in a field of the protocol's own.
    package func errorShape(at path: String) -> ErrorShape? {
        guard let field = routes.first(where: { $0.matches(path) })?.errorField else { return nil }
        return ErrorShape { error, status in
            let text = error.hint.map { "\(error.message) \($0)" } ?? error.message
            return ErrorResponse(
                .object([field: .string(text)]), status: status, retryAfter: error.retryAfter)
        }
    }

    /// The routes of this door for `/openapi.json`.
    package var openAPI: [OpenAPIRoute] { routes.compactMap(\.description) }
}

package import HTTPTypes
package import HearthCollections
package import HearthCore
package import HearthInference
package import Hummingbird

/// The protocols of other model servers, so that their clients work unchanged: Ollama's embeddings, the Open Inference
/// Protocol (version 2), Immich's machine-learning host and Chroma's vector database (API version 2).
package struct ForeignDoor: Sendable {
    /// What Immich calls: it cannot send a key.
    package static let immichPaths: Set<String> = ["/ping", "/predict"]

    let routes: [ForeignRoute]
    private let budget: BodyBudget

    /// - Parameter collections: what Chroma's clients work on; nil: its routes are not there.
    package init(
        service: EmbeddingService, collections: NamedCollections? = nil, budget: BodyBudget,
        clock: any WallClock = SystemClock()
    ) {
        self.budget = budget
        routes =
            OllamaDoor(service: service, clock: clock).routes + OpenInferenceDoor(service: service).routes
            + ImmichDoor(service: service).routes + (collections.map { ChromaDoor(collections: $0).routes } ?? [])
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

    /// How errors are worded at a path, by the protocol that it belongs to.
    package func errorShape(at path: String) -> ErrorShape? {
        if path.hasPrefix(ChromaDoor.root) { return .chroma }
        return routes.first { $0.matches(path) }?.errors
    }

    /// The routes of this door for `/openapi.json`.
    package var openAPI: [OpenAPIRoute] { routes.compactMap(\.description) }
}

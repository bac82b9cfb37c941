import Foundation
import HTTPTypes
package import HearthCore
import HearthJSON
package import Hummingbird
import Logging
import NIOCore

/// REST: a route for every route of every operation.
package struct RESTDoor: Sendable {
    private let registry: OperationRegistry
    private let budget: BodyBudget
    private let metrics: MetricsRegistry
    private let otherRoutes: [OpenAPIRoute]

    /// - Parameter otherRoutes: what the other doors say of their routes for `/openapi.json`.
    package init(
        registry: OperationRegistry, budget: BodyBudget, metrics: MetricsRegistry, otherRoutes: [OpenAPIRoute] = []
    ) {
        self.otherRoutes = otherRoutes
        self.registry = registry
        self.budget = budget
        self.metrics = metrics
    }

    /// Adds the routes, the call by name, and `/openapi.json`.
    package func add(to router: Router<DoorContext>) throws {
        for operation in registry.operations {
            let latency = metrics.histogram(
                "hearth_operation_seconds", help: "Time of an operation.", labels: ["operation": operation.name])
            for route in operation.routes {
                router.on(RouterPath(route.path), method: Self.method(route.method)) { request, context in
                    let parameters = try Self.parameters(of: route, context)
                    return try await answer(
                        request, context, operation: operation, parameters: parameters, latency: latency)
                }
            }
        }
        router.post("/api/operations/{operation}") { request, context in
            let name = context.parameters.get("operation") ?? ""
            guard let operation = registry[name] else {
                throw HearthError(
                    .notFound, "There is no such operation.", hint: "`GET /api/operations` lists them.")
            }
            return try await answer(request, context, operation: operation, parameters: [:], latency: nil)
        }
        router.get("/api/operations") { _, _ in JSONReply(list()).response }
        let document = OpenAPIDocument(registry, otherRoutes).json
        router.get("/openapi.json") { _, _ in JSONReply(document).response }
    }

    /// Methods that exist at a path, for 405.
    package func allowedMethods(at path: String) -> [HTTPRequest.Method] {
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        let methods = registry.operations.flatMap(\.routes).filter { route in
            let pattern = route.path.split(separator: "/")
            return pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.map(\.method)
        return Set(methods).map(Self.method)
    }

    private func answer(
        _ request: Request, _ context: DoorContext, operation: HearthCore.Operation, parameters: [String: String],
        latency: LatencyHistogram?
    ) async throws -> Response {
        let start = ContinuousClock.now
        let input = try await OperationInput.read(request, for: operation, parameters: parameters, budget: budget)
        // The picture is in memory until the operation has ended, and so it counts until then.
        defer { withExtendedLifetime(input) {} }
        let call = OperationContext(
            principal: try context.requirePrincipal(), requestID: context.id,
            deadline: start + Limits.inferenceDeadline, attachment: input.attachment, logger: context.logger)
        let output = try await registry.call(operation, input: input.value, context: call)
        latency?.record(ContinuousClock.now - start)
        return JSONReply(output, status: .init(code: operation.successStatus)).response
    }

    private func list() -> JSONValue {
        .array(
            registry.operations.map { operation in
                [
                    "name": .string(operation.name), "summary": .string(operation.summary),
                    "routes": .array(operation.routes.map { .string("\($0.method.rawValue) \($0.path)") }),
                    "input": operation.inputSchema,
                ]
            })
    }

    private static func parameters(of route: Route, _ context: DoorContext) throws -> [String: String] {
        var parameters: [String: String] = [:]
        for name in route.parameters {
            guard let decoded = context.parameters.get(name)?.removingPercentEncoding else {
                throw HearthError(.invalidRequest, "The path is not validly encoded.")
            }
            parameters[name] = decoded
        }
        return parameters
    }

    private static func method(_ method: Route.Method) -> HTTPRequest.Method {
        switch method {
        case .get: .get
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        }
    }
}

import HTTPTypes
package import Hummingbird

/// Hummingbird's own metrics of requests, by route, method and status.
///
/// Their labels must come from a bounded set: the route is the pattern of a path, never the path itself, and a method
/// that does not exist is not counted, because a client can invent any number of them.
package struct RequestMetrics: RouterMiddleware {
    private static let methods: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options, .connect, .trace,
    ]

    private let metrics = MetricsMiddleware<BasicRequestContext>()

    package init() {}

    /// Counts the request and measures its time, by route and status.
    @concurrent package func handle(
        _ request: Request, context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        guard Self.methods.contains(request.method) else { return try await next(request, context) }
        return try await metrics.handle(request, context: context, next: next)
    }
}

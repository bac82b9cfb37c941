import HTTPTypes
package import Hummingbird
import NIOCore

/// Lets pages of allowed origins read answers, and asks nothing of others: what they send is refused by admission.
package struct CrossOrigin: RouterMiddleware {
    package typealias Context = BasicRequestContext
    /// Whether pages of an origin may read answers.
    package typealias Rule = @Sendable (_ origin: String) -> Bool

    private let allows: Rule
    private let middleware: CORSMiddleware<BasicRequestContext>

    init(_ allows: @escaping Rule) {
        self.allows = allows
        // `*` means every header but this one (Fetch standard, section 3.3.2): clients' libraries send many of their
        // own.
        let headers = ["*", "Authorization"].compactMap { HTTPField.Name($0) }
        middleware = CORSMiddleware(
            allowOrigin: .originBased, allowHeaders: headers,
            allowMethods: [.get, .head, .post, .put, .patch, .delete, .options], exposedHeaders: ["*"],
            maxAge: .hours(1))
    }

    /// Answers preflights of allowed origins, and names the origin in all other answers.
    @concurrent package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], allows(origin) else { return try await next(request, context) }
        return try await middleware.handle(request, context: context, next: next)
    }
}

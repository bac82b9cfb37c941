import HTTPTypes
import HearthCore
import HearthJSON
import Hummingbird

/// A route of another server's protocol.
struct ForeignRoute: Sendable {
    enum Body: Sendable { case json, form }

    let method: HTTPRequest.Method
    /// With its parameters in braces.
    let path: String
    /// One line for `/openapi.json`.
    let summary: String
    /// The protocol, as `/openapi.json` groups routes.
    let tag: String
    /// How errors are worded.
    let errors: ErrorShape
    /// How the request's body is written; nil: it has none.
    let body: Body?
    let answer: @Sendable (ForeignCall) async throws -> Response

    /// Whether a request's path is meant by this route's.
    func matches(_ path: String) -> Bool {
        let segments = path.split(separator: "/")
        let pattern = self.path.split(separator: "/")
        return pattern.count == segments.count
            && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    /// The route for `/openapi.json`; nil for a HEAD, which its GET describes.
    var description: OpenAPIRoute? {
        guard let verb = Route.Method(rawValue: method.rawValue) else { return nil }
        let object: JSONValue = ["type": "object"]
        // A bare nil beside a JSON value would be its null.
        let schema = body.map { _ in object }
        return OpenAPIRoute(
            verb, path, "\(tag).\(verb.rawValue.lowercased())\(path)", summary,
            body: body == .json ? schema : .none, form: body == .form ? schema : .none, answer: object)
    }
}

/// Where an operation is found over HTTP.
package struct Route: Sendable, Hashable {
    /// The verbs in use.
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package let method: Method
    /// `/api/characters/{character_id}`: a name in braces becomes a field of the input.
    package let path: String

    package init(_ method: Method, _ path: String) {
        self.method = method
        self.path = path
    }

    /// Names in braces, in order.
    package var parameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map {
            String($0.dropFirst().dropLast())
        }
    }
}

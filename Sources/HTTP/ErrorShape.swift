package import HTTPTypes
package import HearthCore
package import HearthJSON

/// The form of an error in an answer: clients of another server expect the form of that server.
package struct ErrorShape: Sendable {
    /// Schema of the body, for `/openapi.json`.
    package let schema: JSONValue
    /// The body of the answer to an error, and its status.
    package typealias Body =
        @Sendable (_ error: HearthError, _ status: HTTPResponse.Status) -> (
            json: JSONValue, status: HTTPResponse.Status
        )

    private let body: Body
    /// Whether it is Hearth's own, so that the route is part of Hearth's own API.
    package private(set) var isHearths = false

    /// - Parameter body: gets the status that Hearth's own shape would have.
    package init(schema: JSONValue, body: @escaping Body) {
        self.schema = schema
        self.body = body
    }

    /// The answer to an error.
    ///
    /// In every shape it says how far a model is that is being loaded: `"loading": {"model", "state", "progress",
    /// "eta_seconds"}`.
    package func response(_ error: HearthError, _ status: HTTPResponse.Status) -> ErrorResponse {
        let answer = body(error, status)
        var json = answer.json
        if let loading = error.details?["loading"] { json["loading"] = loading }
        return ErrorResponse(json, status: answer.status, retryAfter: error.retryAfter)
    }

    /// The body alone, for an error in the middle of an answer.
    package func json(_ error: HearthError) -> JSONValue { body(error, ErrorTable.status(for: error.code)).json }

    /// Hearth's own.
    package static let hearth: ErrorShape = {
        var shape = ErrorShape(schema: ["$ref": "#/components/schemas/Error"]) { error, status in
            (ErrorResponse.json(error), status)
        }
        shape.isHearths = true
        return shape
    }()

    /// One text in a field of an object.
    package static func text(in field: String) -> ErrorShape {
        ErrorShape(schema: object([field])) { error, status in
            let text = error.hint.map { "\(error.message) \($0)" } ?? error.message
            return ([field: .string(text)], status)
        }
    }

    /// Schema of an object with texts.
    package static func object(_ fields: [String]) -> JSONValue {
        var properties = JSONObject()
        for field in fields { properties[field] = ["type": "string"] }
        return ["type": "object", "properties": .object(properties)]
    }
}

/// An error on a route that serves two protocols: the request has told which one its client speaks.
package struct ShapedError: Error {
    package let error: HearthError
    package let shape: ErrorShape

    package init(_ error: HearthError, _ shape: ErrorShape) {
        self.error = error
        self.shape = shape
    }
}

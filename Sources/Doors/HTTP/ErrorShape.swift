package import HTTPTypes
package import HearthCore
import HearthJSON

/// How a door words an error: clients of other servers look for it in the shape that those give.
package struct ErrorShape: Sendable {
    /// The answer to an error; the status is the one that Hearth's own shape would have.
    package let response: @Sendable (_ error: HearthError, _ status: HTTPResponse.Status) -> ErrorResponse

    package init(
        response: @escaping @Sendable (_ error: HearthError, _ status: HTTPResponse.Status) -> ErrorResponse
    ) {
        self.response = response
    }

    /// Hearth's own.
    package static let hearth = ErrorShape { ErrorResponse($0, status: $1) }

    /// One text in a field of an object.
    static func text(in field: String) -> ErrorShape {
        ErrorShape { error, status in
            let text = error.hint.map { "\(error.message) \($0)" } ?? error.message
            return ErrorResponse(
                .object([field: .string(text)]), status: status, retryAfter: error.retryAfter)
        }
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

package import HTTPTypes
package import HearthCore
package import HearthJSON
package import Hummingbird
package import NIOCore
import NIOFoundationEssentialsCompat

/// An error as a client sees it: a status and `{"error":{"code","message","hint","details"?}}`; never a cause.
package struct ErrorResponse: Sendable {
    package let status: HTTPResponse.Status
    package var headers: HTTPFields
    package let body: ByteBuffer

    /// - Parameter status: nil takes the status from ``ErrorTable``.
    package init(_ error: HearthError, status: HTTPResponse.Status? = nil) {
        self = ErrorShape.hearth.response(error, status ?? ErrorTable.status(for: error.code))
    }

    /// An error in another shape than Hearth's.
    package init(_ json: JSONValue, status: HTTPResponse.Status, retryAfter: Int?) {
        self.status = status
        body = ByteBuffer(line: json)
        headers = [.contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes)]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    }

    /// The error as Hummingbird's response.
    package var response: Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// What to show for any error: a ``HearthError`` as it is, anything else as `internal_error` with itself as cause.
    package static func shown(_ error: any Error) -> HearthError {
        if let error = error as? HearthError { return error }
        if error is CancellationError {
            return HearthError(
                .shuttingDown, "The server is stopping.", hint: "Try again in a moment.", retryAfter: 1, cause: error)
        }
        return HearthError(
            .internalError, "Something went wrong inside Hearth.", hint: "The server's log has the cause.", cause: error
        )
    }

    /// The body in Hearth's own shape. What ``ErrorShape`` says of a model that is being loaded is not repeated.
    static func json(_ error: HearthError) -> JSONValue {
        var shown: JSONValue = [
            "code": .string(error.code.rawValue), "message": .string(error.message),
            "hint": .string(error.hint ?? ErrorTable.hint(for: error.code)),
        ]
        switch error.details {
        case .object(var details):
            details["loading"] = nil
            if !details.isEmpty { shown["details"] = .object(details) }
        case let details?: shown["details"] = details
        case nil: break
        }
        return ["error": shown]
    }
}

/// A JSON value as a response.
package struct JSONReply {
    package let value: JSONValue
    package let status: HTTPResponse.Status

    package init(_ value: JSONValue, status: HTTPResponse.Status = .ok) {
        self.value = value
        self.status = status
    }

    package var response: Response {
        let body = ByteBuffer(line: value)
        return Response(
            status: status,
            headers: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
            ], body: ResponseBody(byteBuffer: body))
    }
}

extension ByteBuffer {
    /// JSON and the end of its line: a terminal shows the next prompt below the answer.
    fileprivate init(line value: JSONValue) {
        self.init(bytes: value.encoded())
        writeStaticString("\n")
    }
}

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
        self.status = status ?? ErrorTable.status(for: error.code)
        body = Self.json(error)
        headers = [.contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes)]
        if let seconds = error.retryAfter { headers[.retryAfter] = String(seconds) }
    }

    /// An error in another shape than Hearth's.
    package init(_ json: JSONValue, status: HTTPResponse.Status, retryAfter: Int?) {
        self.status = status
        body = ByteBuffer(bytes: json.encoded())
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

    private static func json(_ error: HearthError) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStaticString(#"{"error":{"code":"#)
        buffer.writeJSONString(error.code.rawValue)
        buffer.writeStaticString(#","message":"#)
        buffer.writeJSONString(error.message)
        buffer.writeStaticString(#","hint":"#)
        buffer.writeJSONString(error.hint ?? ErrorTable.hint(for: error.code))
        if let details = error.details {
            buffer.writeStaticString(#","details":"#)
            buffer.writeBytes(details.encoded())
        }
        buffer.writeStaticString("}}")
        return buffer
    }
}

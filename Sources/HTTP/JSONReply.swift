package import HTTPTypes
import HearthCore
package import HearthJSON
package import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// A JSON value as a response.
package struct JSONReply {
    package let value: JSONValue
    package let status: HTTPResponse.Status

    package init(_ value: JSONValue, status: HTTPResponse.Status = .ok) {
        self.value = value
        self.status = status
    }

    package var response: Response {
        let body = ByteBuffer(bytes: value.encoded())
        return Response(
            status: status,
            headers: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
            ], body: ResponseBody(byteBuffer: body))
    }
}

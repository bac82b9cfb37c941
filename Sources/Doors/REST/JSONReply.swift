import HTTPTypes
import HearthCore
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// A JSON value as a response.
struct JSONReply {
    let value: JSONValue
    let status: HTTPResponse.Status

    init(_ value: JSONValue, status: HTTPResponse.Status = .ok) {
        self.value = value
        self.status = status
    }

    var response: Response {
        let body = ByteBuffer(bytes: value.encoded())
        return Response(
            status: status,
            headers: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
            ], body: ResponseBody(byteBuffer: body))
    }
}

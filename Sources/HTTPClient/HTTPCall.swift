package import NIOCore
package import NIOHTTP1

/// One request.
package struct HTTPCall: Sendable {
    package var address: HTTPAddress
    package var method: HTTPMethod
    /// Without `Host`, `Connection` and `Content-Length`, which the client writes.
    package var headers: HTTPHeaders
    package var body: Body?
    /// The number to connect to instead of looking the host up; the certificate must still be the host's.
    package var numericAddress: String?

    /// What a request carries besides its fields.
    package enum Body: Sendable {
        case bytes(ByteBuffer)
        /// So many bytes, one piece after the other: the next is asked for when the one before has left. It is asked
        /// for on the connection's own thread.
        case pieces(count: Int, next: @Sendable () throws -> ByteBuffer?)

        /// How many there are.
        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.readableBytes
            case .pieces(let count, _): count
            }
        }
    }

    /// A call without a body.
    package init(_ address: HTTPAddress, method: HTTPMethod = .GET, headers: HTTPHeaders = [:]) {
        self.address = address
        self.method = method
        self.headers = headers
    }
}

/// The beginning of an answer, and its bytes as they come.
package struct HTTPReply: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    /// To be read once. Nothing is received before it is read; releasing the body closes the connection.
    package let body: HTTPReplyBody
}

/// What can go wrong on the way to a server and back.
package enum HTTPCallFailure: Error, Equatable {
    /// There is no connection, and why: an unknown name, a closed port.
    case unreachable(String)
    /// The server shows a certificate that this client must not trust, and what is wrong with it.
    case untrusted(String)
    /// The connection was not made in the time that it may take.
    case connectTimeout
    /// The server has sent nothing for the time that a read may take.
    case readTimeout
    /// The answer ended too early, or is no HTTP.
    case cut
}

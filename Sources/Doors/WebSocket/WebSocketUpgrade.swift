import NIOCore
import NIOHTTP1

/// Sent towards the socket to turn a connection into a WebSocket.
struct WebSocketUpgrade: Sendable {
    /// All headers of the `101` response.
    let headers: HTTPHeaders
    let limits: WebSocketLimits
    let inbound: WebSocketInbound
    /// Succeeds when frames flow; fails when the connection cannot be upgraded any more.
    let connection: EventLoopPromise<WebSocketConnection>
}

/// What a handler does to a connection; sent towards the socket.
enum WebSocketCommand: Sendable {
    case send(WebSocketMessage)
    case close(WebSocketCloseCode, reason: String)
    /// The reader has taken messages: read on.
    case resume
    /// The handler has been cancelled: end the connection without ceremony.
    case abort
}

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

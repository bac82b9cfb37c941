/// What a handler does to a connection; sent towards the socket.
enum WebSocketCommand: Sendable {
    case send(WebSocketMessage)
    case close(WebSocketCloseCode, reason: String)
    /// The reader has taken messages: read on.
    case resume
    /// The handler has been cancelled: end the connection without ceremony.
    case abort
}

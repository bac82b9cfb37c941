import HearthCore

/// The limits of a WebSocket connection.
package struct WebSocketLimits: Sendable {
    /// Bytes of a message, all its fragments together; more is answered by 1009.
    package var messageBytes = Limits.plainBodyBytes
    /// Messages that wait for their reader before the socket is read no further.
    package var bufferedMessages = Limits.webSocketBacklog
    /// How often the client is asked whether it is still there.
    package var pingInterval: Duration = Limits.webSocketPing
    /// How long its answer may take.
    package var pongTimeout: Duration = Limits.webSocketPong
    /// How long the client's half of the closing handshake may take.
    package var closeTimeout: Duration = Limits.webSocketClose

    package init() {}
}

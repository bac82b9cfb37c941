import HearthCore

/// The limits of a WebSocket connection.
package struct WebSocketLimits: Sendable {
    /// Bytes of a message, all its fragments together; more is answered by 1009.
    package var messageBytes = Limits.plainBodyBytes
    /// Messages that wait for their reader before the socket is read no further.
    package var bufferedMessages = 4
    /// How often the client is asked whether it is still there.
    package var pingInterval: Duration = .seconds(20)
    /// How long its answer may take.
    package var pongTimeout: Duration = .seconds(20)
    /// How long the client's half of the closing handshake may take.
    package var closeTimeout: Duration = .seconds(5)

    package init() {}
}

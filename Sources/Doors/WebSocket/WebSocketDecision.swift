package import HTTPTypes
package import HearthCore

/// What the door does with a request that wants to be a WebSocket.
package enum WebSocketDecision: Sendable {
    /// Upgrade, and run `handler` for as long as it wants; when it returns the connection is closed with 1000.
    ///
    /// `headers` are added to the `101` response. An error thrown by `handler` closes with 1011.
    case accept(
        headers: HTTPFields = [:], inbound: WebSocketInbound = .delivered, limits: WebSocketLimits? = nil,
        handler: @Sendable (WebSocketConnection) async throws -> Void)
    /// Answer with the error as JSON; a nil status is taken from ``ErrorTable``.
    case refuse(HearthError, status: HTTPResponse.Status? = nil)
    /// Let the ordinary routes answer.
    case notWebSocket
}

/// What becomes of the messages of a client.
package enum WebSocketInbound: Sendable {
    /// The handler reads ``WebSocketConnection/messages``; when the connection closes they end, and the handler's task
    /// is cancelled only after `Limits.drain`, so that it can finish with what it has read.
    case delivered
    /// The handler only sends: messages are thrown away, and its task is cancelled when the connection closes.
    case ignored
}

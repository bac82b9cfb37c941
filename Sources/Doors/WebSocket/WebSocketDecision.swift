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
    /// Answer with the error as JSON, and `headers` besides its own; a nil status is taken from ``ErrorTable``.
    case refuse(HearthError, status: HTTPResponse.Status? = nil, headers: HTTPFields = [:])
    /// Let the ordinary routes answer.
    case notWebSocket
}

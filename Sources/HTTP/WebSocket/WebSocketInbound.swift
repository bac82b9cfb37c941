/// What becomes of the messages of a client.
package enum WebSocketInbound: Sendable {
    /// The handler reads ``WebSocketConnection/messages``; when the connection closes they end, and the handler's task
    /// is cancelled only after `Limits.drain`, so that it can finish with what it has read.
    case delivered
    /// The handler only sends: messages are thrown away, and its task is cancelled when the connection closes.
    case ignored
}

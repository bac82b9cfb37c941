import HearthCore

/// The limits of a connection; tests shorten them, products use ``standard``.
package struct HTTPConnectionLimits: Sendable {
    /// A request must have arrived in full this long after its first byte, else 408.
    package var requestArrival: Duration = Limits.requestArrival
    /// A connection with no request under way is closed after this.
    package var idleConnection: Duration = Limits.idleConnection
    /// A connection that never said anything is closed after this, or after ``idleConnection`` if that is shorter.
    package var silentConnection: Duration = Limits.silentConnection
    /// A client that takes none of its response for this long is cut off.
    package var writeStall: Duration = Limits.idleConnection
    /// After the last response, what the client still sends is thrown away for at most this long, because
    /// closing a socket with unread bytes makes the kernel throw the response away too.
    package var linger: Duration = Limits.linger
    /// A client that has closed its half of the connection is asked this long after whether it still reads, and again
    /// after twice the time.
    package var presenceProbe: Duration = Limits.presenceProbe
    /// Bytes of the request line and all header fields.
    package var headerBytes = Limits.headerBytes
    /// Number of header fields.
    package var headerFields = Limits.headerFields
    /// Open connections from which on those that wait for their clients are closed.
    package var connections = Limits.connections
    package var webSocket = WebSocketLimits()

    package init() {}

    package static let standard = HTTPConnectionLimits()
}

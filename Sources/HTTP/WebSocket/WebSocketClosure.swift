/// How a WebSocket ended; also the error of a `send` that comes too late.
package struct WebSocketClosure: Error, Sendable, Equatable {
    /// The code that was said first, by either side; ``WebSocketCloseCode/abnormal`` when none was.
    package let code: WebSocketCloseCode
    package let reason: String
    /// The client said it first.
    package let isByClient: Bool

    package init(code: WebSocketCloseCode, reason: String, isByClient: Bool) {
        self.code = code
        self.reason = reason
        self.isByClient = isByClient
    }
}

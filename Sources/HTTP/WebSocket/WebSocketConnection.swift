package import NIOCore

/// One open WebSocket, as its handler sees it.
package struct WebSocketConnection: Sendable {
    /// The client's messages in order; ends when the connection closes. To be iterated once.
    package let messages: WebSocketMessages
    private let channel: any Channel
    private let end: EventLoopFuture<WebSocketClosure>

    init(messages: WebSocketMessages, channel: any Channel, end: EventLoopFuture<WebSocketClosure>) {
        self.messages = messages
        self.channel = channel
        self.end = end
    }

    /// Sends one text message; returns when the socket has taken it, so a slow client slows its sender.
    /// - Throws: ``WebSocketClosure`` when the connection has closed.
    package func send(text: String) async throws {
        try await perform(.send(.text(text)))
    }

    /// Sends one binary message; returns when the socket has taken it.
    /// - Throws: ``WebSocketClosure`` when the connection has closed.
    package func send(binary: ByteBuffer) async throws {
        try await perform(.send(.binary(binary)))
    }

    /// Closes with a handshake; returns when the connection is gone, at the latest after the close timeout.
    ///
    /// - Parameter reason: at most 123 bytes of UTF-8 are sent.
    package func close(code: WebSocketCloseCode = .normal, reason: String = "") async {
        channel.triggerUserOutboundEvent(WebSocketCommand.close(code, reason: reason), promise: nil)
        _ = await closed()
    }

    /// Waits until the connection is gone and says how it went.
    @discardableResult
    package func closed() async -> WebSocketClosure {
        do {
            return try await end.get()
        } catch {
            return WebSocketClosure(code: .abnormal, reason: "", isByClient: true)
        }
    }

    /// Ends the connection at once.
    func abort() {
        channel.triggerUserOutboundEvent(WebSocketCommand.abort, promise: nil)
    }

    private func perform(_ command: WebSocketCommand) async throws {
        do {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            channel.triggerUserOutboundEvent(command, promise: promise)
            try await promise.futureResult.get()
        } catch let closure as WebSocketClosure {
            throw closure
        } catch {
            // The socket refused: the connection is gone or as good as gone.
            abort()
            throw await closed()
        }
    }
}

package import HTTPTypes
import HearthCore
package import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Hearth's HTTP/1.1 connection: Hummingbird's loop behind ``HTTPDoorHandler``, with WebSockets on any request.
///
/// Works on TCP and unix sockets alike; ordinary requests take the same way as in Hummingbird's `HTTP1Channel`.
package struct HTTPDoorChannel: ServerChildChannel, HTTPChannelHandler {
    package typealias Value = AcceptedConnection
    /// Asked for every request that wants to be a WebSocket.
    package typealias ShouldUpgrade = @Sendable (HTTPRequest) async -> WebSocketDecision

    package let responder: HTTPChannelHandler.Responder
    private let limits: HTTPDoorLimits

    /// - Parameters:
    ///   - responder: answers ordinary requests.
    ///   - logger: for what goes wrong in WebSocket handlers.
    package init(
        responder: @escaping HTTPChannelHandler.Responder, limits: HTTPDoorLimits, logger: Logger,
        shouldUpgrade: @escaping ShouldUpgrade
    ) {
        self.limits = limits
        let webSockets = WebSocketDoor(limits: limits.webSocket, logger: logger, shouldUpgrade: shouldUpgrade)
        self.responder = { request, writer, channel in
            if WebSocketHandshake.isAsked(by: request.head) {
                try await webSockets.respond(to: request, writer: writer, channel: channel, otherwise: responder)
            } else if request.headers[.expect]?.lowercased() == "100-continue" {
                var request = request
                request.body = RequestBody(asyncSequence: ContinuedBody(base: request.body, channel: channel))
                try await responder(request, writer, channel)
            } else {
                try await responder(request, writer, channel)
            }
        }
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var decoderLimits = NIOHTTPDecoderLimitConfiguration()
            decoderLimits.maxHeaderFieldSize = limits.headerBytes
            decoderLimits.maxHeaderListSize = limits.headerBytes
            decoderLimits.maxHeaderFieldCount = limits.headerFields
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits))
            let door = HTTPDoorHandler(
                encoder: encoder, decoder: decoder, limits: limits, now: channel.eventLoop.now)
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, door])
            return AcceptedConnection(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value.take(), logger: logger)
    }
}

extension HTTPServerBuilder {
    /// Hearth's door for `Application(server:)`.
    package static func door(
        limits: HTTPDoorLimits = .standard, logger: Logger,
        shouldUpgrade: @escaping HTTPDoorChannel.ShouldUpgrade = { _ in .notWebSocket }
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            HTTPDoorChannel(responder: responder, limits: limits, logger: logger, shouldUpgrade: shouldUpgrade)
        }
    }
}

extension ApplicationConfiguration {
    /// An address and the bound on open connections; more wait in the kernel's queue until one closes.
    package static func door(
        address: BindAddress, connections: Int = Limits.connections, logger: Logger
    ) -> ApplicationConfiguration {
        ApplicationConfiguration(
            address: address, availableConnectionsDelegate: .maximum(connections, logger: logger))
    }
}

/// A body whose client waits for `100 Continue` before it sends: asking for the first bytes says so (RFC 9110, 10.1.1).
private struct ContinuedBody: AsyncSequence, Sendable {
    let base: RequestBody
    let channel: any Channel

    func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), channel: channel)
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        let channel: any Channel
        var hasAsked = false

        @concurrent mutating func next() async throws -> ByteBuffer? {
            if !hasAsked {
                hasAsked = true
                channel.triggerUserOutboundEvent(HTTPContinueEvent(), promise: nil)
            }
            return try await base.next()
        }
    }
}

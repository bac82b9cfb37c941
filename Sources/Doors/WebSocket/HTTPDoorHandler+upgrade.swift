import NIOCore
import NIOHTTP1
import NIOWebSocket

extension HTTPDoorHandler {
    /// Answers `101` and puts the WebSocket handlers where the HTTP codec was.
    ///
    /// The handlers behind stay; they get nothing more to read than the end of their input.
    func upgrade(_ upgrade: WebSocketUpgrade, _ context: ChannelHandlerContext) {
        guard machine.upgrade() else {
            upgrade.connection.fail(ChannelError.inappropriateOperationForState)
            return
        }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: upgrade.headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        let handler = WebSocketHandler(channel: context.channel, limits: upgrade.limits, inbound: upgrade.inbound)
        let frames = WebSocketFrameDecoder(maxFrameSize: max(upgrade.limits.messageBytes, 125))
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(WebSocketFrameEncoder(), position: .after(encoder))
            try pipeline.addHandlers(
                [ByteToMessageHandler(frames), handler], position: .after(decoder))
        } catch {
            upgrade.connection.fail(error)
            context.close(promise: nil)
            return
        }
        pipeline.removeHandler(encoder, promise: nil)
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        // Its removal hands on bytes that came with the request; frames may only arrive once the rest stands.
        pipeline.removeHandler(decoder).assumeIsolated().whenComplete { result in
            switch result {
            case .success: upgrade.connection.succeed(handler.connection)
            case .failure(let error): upgrade.connection.fail(error)
            }
        }
    }
}

import Foundation
import HearthCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// A small HTTP server on a free loopback port that counts who comes.
final class WebServer: Sendable {
    /// What it answers at a path.
    struct Page: Sendable {
        var status: HTTPResponseStatus = .ok
        var headers: [(String, String)] = []
        var body = Data()
        /// Whether it promises more than it sends, and then says nothing.
        var isStalled = false
    }

    let port: Int
    let connections: Locked<Int>
    private let channel: any Channel

    private init(port: Int, connections: Locked<Int>, channel: any Channel) {
        self.port = port
        self.connections = connections
        self.channel = channel
    }

    /// Runs a server for as long as the closure does.
    static func run(
        host: String = "127.0.0.1", _ page: @escaping @Sendable (String, HTTPHeaders) -> Page,
        _ test: (WebServer) async throws -> Void
    ) async throws {
        let connections = Locked(0)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                connections.withLock { $0 += 1 }
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.configureHTTPServerPipeline()
                    try child.pipeline.syncOperations.addHandler(Handler(page: page))
                }
            }
            .bind(host: host, port: 0).get()
        let server = WebServer(port: channel.localAddress?.port ?? 0, connections: connections, channel: channel)
        do {
            try await test(server)
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let page: @Sendable (String, HTTPHeaders) -> Page

        init(page: @escaping @Sendable (String, HTTPHeaders) -> Page) { self.page = page }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            let page = page(head.uri, head.headers)
            let length = page.body.count + (page.isStalled ? 100 : 0)
            let headers = HTTPHeaders(page.headers + [("content-length", String(length))])
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: page.status, headers: headers))),
                promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: page.body)))), promise: nil)
            guard !page.isStalled else { return context.flush() }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}

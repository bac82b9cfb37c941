import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An `https` server on a free loopback port, which answers every request by `hello`.
final class TLSServer: Sendable {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "5"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "hello")))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    init(host: String = "127.0.0.1") async throws {
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try Self.certificate)],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)))
        let context = try NIOSSLContext(configuration: configuration)
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler())
                }
            }
            .bind(host: host, port: 0).get()
    }

    func stop() async { try? await channel.close().get() }

    /// Signed by itself, for `localhost` and 127.0.0.1, for a hundred years; made by
    /// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 …`.
    static var certificate: NIOSSLCertificate {
        get throws { try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem) }
    }

    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIURHGudj3Z3DGXAlAIPSYwYIkgKfEwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDA2MzU1NFoYDzIxMjYxMTA2
        MDYzNTU0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATPnjQ+uczaQ7GsuA6MuqU5ILoabwvXzvq8kDBK7clgFfBgl8psIF1b
        aA8ojLoilH4kIhEIH7KJKDdGmxS35vVzo28wbTAdBgNVHQ4EFgQUnXW/9+a16Llp
        iXaPPtK4nnlAFTIwHwYDVR0jBBgwFoAUnXW/9+a16LlpiXaPPtK4nnlAFTIwGgYD
        VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
        zj0EAwIDSAAwRQIgfe0tq0bgbpy1gnsFq8LzjKgxptbnp5OynF6Fsn56dLcCIQC8
        R9Eq8lqGlDYOAL17IOXGBjX2c2t1wQBERbjLZlchoQ==
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxaM/2Docp/7f3fBo
        tEYO8zRAPv4pVqeb/ZvV8NiE6MehRANCAATPnjQ+uczaQ7GsuA6MuqU5ILoabwvX
        zvq8kDBK7clgFfBgl8psIF1baA8ojLoilH4kIhEIH7KJKDdGmxS35vVz
        -----END PRIVATE KEY-----
        """
}

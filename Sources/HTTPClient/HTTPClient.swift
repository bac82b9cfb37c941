package import NIOCore
import NIOHTTP1
import NIOPosix
package import NIOSSL

/// HTTP/1.1 calls, each over a connection of its own, encrypted for `https`.
///
/// It follows no redirects, decodes no compression and tries nothing again: its callers have their own rules for that.
package struct HTTPClient: Sendable {
    /// How long a call waits.
    package struct Limits: Sendable {
        /// Until the connection is made, the TLS handshake included.
        package var connect: TimeAmount
        /// For the next bytes of the answer; nil: for ever.
        package var read: TimeAmount?

        package init(connect: TimeAmount, read: TimeAmount?) {
            self.connect = connect
            self.read = read
        }
    }

    let limits: Limits
    let context: @Sendable () throws -> NIOSSLContext

    /// - Parameter trust: whose certificates are good; the system's when nil.
    package init(_ limits: Limits, trust: NIOSSLTrustRoots? = nil) {
        self.limits = limits
        context = {
            guard let trust else { return try Self.systemTrust.get() }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = trust
            return try NIOSSLContext(configuration: configuration)
        }
    }

    /// A client that trusts the certificates of a PEM file besides those that the system trusts.
    /// - Throws: what NIOSSL throws for a file that is missing or holds no certificate.
    package init(_ limits: Limits, trustingAlso file: String) throws {
        self.limits = limits
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(file))]
        let made = try NIOSSLContext(configuration: configuration)
        context = { made }
    }

    /// Sends a request.
    /// - Returns: when the head of the answer is there.
    /// - Throws: ``HTTPCallFailure``; `CancellationError`, and then the connection is closed.
    package func send(_ call: HTTPCall) async throws -> HTTPReply {
        let tls = call.address.isEncrypted ? try context() : nil
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let reply = loop.makePromise(of: HTTPReply.self)
        let exchange = try await loop.submit { [limits] in
            NIOLoopBound(HTTPExchange(call, limits: limits, eventLoop: loop, reply: reply), eventLoop: loop)
        }.get()
        return try await withTaskCancellationHandler {
            connect(call, tls, exchange)
            return try await reply.futureResult.get()
        } onCancel: {
            loop.execute { exchange.value.end(CancellationError()) }
        }
    }

    private func connect(_ call: HTTPCall, _ tls: NIOSSLContext?, _ exchange: NIOLoopBound<HTTPExchange>) {
        let host = call.address.host
        let bootstrap = ClientBootstrap(group: exchange.eventLoop)
            .connectTimeout(limits.connect)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        let connected: EventLoopFuture<any Channel>
        do {
            connected =
                if let number = call.numericAddress {
                    bootstrap.connect(to: try SocketAddress(ipAddress: number, port: call.address.port))
                } else {
                    bootstrap.connect(host: host, port: call.address.port)
                }
        } catch {
            connected = exchange.eventLoop.makeFailedFuture(error)
        }
        // Now, not in the channel's initialiser: there may be a channel for each address of a name at first.
        connected.flatMapThrowing { channel in
            let pipeline = channel.pipeline.syncOperations
            if let tls {
                // A number is no name to ask for; the certificate is compared with the number then.
                let isNumber = (try? SocketAddress(ipAddress: host, port: 0)) != nil
                try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isNumber ? nil : host))
            }
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(exchange.value)
        }.whenFailure { error in
            exchange.value.end(HTTPCallFailure(connecting: error))
        }
    }

    // MARK: TLS

    /// Reading the system's certificates takes tens of milliseconds, so it is done once.
    private static let systemTrust = Result { try NIOSSLContext(configuration: .makeClientConfiguration()) }
}

import Foundation
import HearthCore
import HearthHTTP
import HearthHTTPClient
import HearthTLS
import HearthTesting
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Testing

/// The front's port with a certificate.
@Suite(.timeLimit(.minutes(3))) struct ServerTLSTests {
    private let files: CertificateFiles
    private let tls: ServerTLS

    init() throws {
        files = try CertificateFiles()
        tls = try ServerTLS(certificate: files.certificate, key: files.key, logger: .quiet)
    }

    /// Runs a server for as long as a closure.
    private func serve(_ test: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await serve(tls, test)
    }

    private func serve(_ tls: ServerTLS, _ test: @escaping @Sendable (Int) async throws -> Void) async throws {
        let router = Router()
        router.get("hello") { _, _ in "hello" }
        router.post("echo") { request, _ in
            String(buffer: try await request.body.collect(upTo: 1 << 22))
        }
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let app = Application(
            router: router, server: try tls.wrap(.hearth(logger: .quiet)),
            configuration: .hearth(address: .hostname("127.0.0.1", port: 0), logger: .quiet),
            onServerRunning: { listening.yield($0.localAddress?.port ?? 0) }, logger: .quiet)
        let group = ServiceGroup(configuration: .init(services: [app], logger: .quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { listening.finish() }
                try await group.run()
            }
            for await port in ports {
                do {
                    try await test(port)
                } catch {
                    Issue.record(error)
                }
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }

    /// One request over a connection of its own, by a client that trusts one certificate.
    private static func ask(
        _ port: Int, trusting pair: CertificateFiles.Pair, body: String? = nil
    ) async throws -> String {
        let trusted = try NIOSSLCertificate.fromPEMBytes(Array(pair.certificate.utf8))
        let client = HTTPClient(.init(connect: .seconds(10), read: .seconds(20)), trust: .certificates(trusted))
        let path = body == nil ? "hello" : "echo"
        var call = HTTPCall(try #require(HTTPAddress("https://localhost:\(port)/\(path)")))
        call.numericAddress = "127.0.0.1"
        if let body {
            call.method = .POST
            call.body = .bytes(ByteBuffer(string: body))
        }
        let reply = try await client.send(call)
        var text = ""
        for try await bytes in reply.body { text += String(buffer: bytes) }
        return text
    }

    /// Shakes hands by some version of TLS.
    private static func shakeHands(_ port: Int, by version: TLSVersion) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.minimumTLSVersion = version
        configuration.maximumTLSVersion = version
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
            for try await bytes in inbound where String(buffer: bytes).contains("200") { return }
            throw HTTPCallFailure.cut
        }
    }

    @Test func requestsAndLongBodiesGoThroughIt() async throws {
        try await serve { (port: Int) async throws in
            #expect(try await Self.ask(port, trusting: CertificateFiles.first) == "hello")
            let long = String(repeating: "0123456789", count: 200_000)
            #expect(try await Self.ask(port, trusting: CertificateFiles.first, body: long) == long)
        }
    }

    @Test func versionsBeforeOneTwoAreRefused() async throws {
        try await serve { port in
            try await Self.shakeHands(port, by: .tlsv12)
            try await Self.shakeHands(port, by: .tlsv13)
            await #expect(throws: (any Error).self) { try await Self.shakeHands(port, by: .tlsv11) }
        }
    }

    @Test func filesThatChangeAreReadAgainByThemselves() async throws {
        let logger = Logger.quiet
        let watched = try ServerTLS(
            certificate: files.certificate, key: files.key, interval: .milliseconds(10), logger: logger)
        try await serve(watched) { [files] port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await watched.run() }
                try files.write(CertificateFiles.second)
                try await eventually("the other one is served") {
                    (try? await Self.ask(port, trusting: CertificateFiles.second)) == "hello"
                }
                group.cancelAll()
            }
        }
    }

    @Test func aRenewedCertificateIsServedWithoutARestart() async throws {
        try await serve { [files, tls] port in
            #expect(try await Self.ask(port, trusting: CertificateFiles.first) == "hello")
            try files.write(CertificateFiles.second)
            try tls.reload()
            #expect(try await Self.ask(port, trusting: CertificateFiles.second) == "hello")
            await #expect(throws: (any Error).self) { try await Self.ask(port, trusting: CertificateFiles.first) }
        }
    }

    @Test func aConnectionThatIsOpenGoesOnWhenTheCertificateIsRenewed() async throws {
        try await serve { [files, tls] port in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            let context = try NIOSSLContext(configuration: configuration)
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await channel.executeThenClose { inbound, outbound in
                var replies = inbound.makeAsyncIterator()
                for _ in 0..<2 {
                    try await outbound.write(ByteBuffer(string: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"))
                    var text = ""
                    while !text.hasSuffix("hello"), let bytes = try await replies.next() {
                        text += String(buffer: bytes)
                    }
                    #expect(text.hasPrefix("HTTP/1.1 200"))
                    try files.write(CertificateFiles.second)
                    try tls.reload()
                }
            }
        }
    }

    @Test func aRenewalThatIsHalfDoneChangesNothing() async throws {
        try await serve { [files, tls] port in
            try files.write(.init(certificate: CertificateFiles.second.certificate, key: CertificateFiles.first.key))
            #expect(throws: HearthError.self, "the key belongs to the other one") { try tls.reload() }
            #expect(try await Self.ask(port, trusting: CertificateFiles.first) == "hello")
        }
    }

    /// What is logged of the files, look by look.
    @Test func whatIsWrongWithTheFilesIsSaidWhenItBegins() throws {
        let lines = LogLines()
        let tls = try ServerTLS(certificate: files.certificate, key: files.key, logger: lines.logger)
        var known = tls.files()
        func look() -> [String] {
            tls.look(at: &known)
            return lines.take()
        }
        #expect(look() == [])
        try FileManager.default.removeItem(atPath: files.certificate)
        #expect(look().count == 1, "a file is gone")
        #expect(look() == [], "and that is known")
        try FileManager.default.removeItem(atPath: files.key)
        #expect(look().count == 1, "now both are")
        try files.write(.init(certificate: CertificateFiles.second.certificate, key: CertificateFiles.first.key))
        let broken = look()
        #expect(broken.count == 1 && broken[0].contains("does not belong to"), "\(broken)")
        for _ in 0..<3 { #expect(look() == [], "it is not said again while it stays so") }
        try files.write(CertificateFiles.second)
        #expect(look() == ["The certificate was read again"])
        #expect(look() == [])
        try FileManager.default.removeItem(atPath: files.key)
        #expect(look().count == 1, "what happens again is said again")
    }

    /// What is wrong with the files, and the words that say so.
    @Test(
        arguments: [
            (nil, CertificateFiles.first.key, "certificate.pem cannot be read"),
            (CertificateFiles.first.certificate, nil, "key.pem cannot be read"),
            ("", CertificateFiles.first.key, "has no PEM block of a certificate"),
            (CertificateFiles.first.key, CertificateFiles.first.key, "has no PEM block of a certificate"),
            (CertificateFiles.first.certificate, CertificateFiles.first.certificate, "has no PEM block of a key"),
            (CertificateFiles.first.certificate, CertificateFiles.second.key, "does not belong to"),
            (CertificateFiles.first.certificate, CertificateFiles.encryptedKey, "is encrypted"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", CertificateFiles.first.key,
                "cannot be used"
            ),
        ] as [(String?, String?, String)])
    func filesThatCannotBeUsedAreRefusedAtTheStart(_ certificate: String?, _ key: String?, _ words: String) throws {
        let files = try CertificateFiles()
        for (text, path) in [(certificate, files.certificate), (key, files.key)] {
            try FileManager.default.removeItem(atPath: path)
            if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
        }
        let error = #expect(throws: HearthError.self) {
            try ServerTLS(certificate: files.certificate, key: files.key, logger: .quiet)
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(words) == true, "\(error.map { $0.message } ?? "")")
    }
}

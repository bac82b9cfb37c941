import AsyncHTTPClient
import Foundation
import HearthCore
import HearthDoors
import HearthTLS
import HearthTesting
import Hummingbird
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Testing

/// The front's port with a certificate.
@Suite struct ServerTLSTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private let files: CertificateFiles

    init() throws { files = try CertificateFiles() }

    /// Runs a server for as long as a closure.
    private func serve(_ tls: ServerTLS, _ test: @escaping @Sendable (Int) async throws -> Void) async throws {
        let router = Router()
        router.get("hello") { _, _ in "hello" }
        router.post("echo") { request, _ in
            String(buffer: try await request.body.collect(upTo: 1 << 22))
        }
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let app = Application(
            router: router, server: try tls.wrap(.door(logger: Self.quiet)),
            configuration: .door(address: .hostname("127.0.0.1", port: 0), logger: Self.quiet),
            onServerRunning: { listening.yield($0.localAddress?.port ?? 0) }, logger: Self.quiet)
        let group = ServiceGroup(configuration: .init(services: [app], logger: Self.quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await group.run()
                listening.finish()
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            do {
                try await test(port)
            } catch {
                Issue.record(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// One request by a client of its own, which trusts one certificate.
    private static func ask(
        _ port: Int, trusting certificate: String, body: String? = nil, latest version: TLSVersion? = nil
    ) async throws -> String {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)))
        tls.maximumTLSVersion = version
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            var request = HTTPClientRequest(url: "https://localhost:\(port)/\(body == nil ? "hello" : "echo")")
            if let body {
                request.method = .POST
                request.body = .bytes(ByteBuffer(string: body))
            }
            let response = try await client.execute(request, timeout: .seconds(20))
            let text = String(buffer: try await response.body.collect(upTo: 1 << 22))
            try await client.shutdown()
            return text
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    @Test func requestsAndLongBodiesGoThroughIt() async throws {
        let tls = try ServerTLS(certificate: files.certificate, key: files.key, logger: Self.quiet)
        let certificate = try files.text()
        try await serve(tls) { port in
            #expect(try await Self.ask(port, trusting: certificate) == "hello")
            let long = String(repeating: "0123456789", count: 200_000)
            #expect(try await Self.ask(port, trusting: certificate, body: long) == long)
            #expect(try await Self.ask(port, trusting: certificate, latest: .tlsv12) == "hello")
        }
    }

    @Test func versionsBeforeOneTwoAreRefused() async throws {
        let tls = try ServerTLS(certificate: files.certificate, key: files.key, logger: Self.quiet)
        let certificate = try files.text()
        try await serve(tls) { port in
            await #expect(throws: (any Error).self) {
                try await Self.ask(port, trusting: certificate, latest: .tlsv11)
            }
        }
    }

    @Test func aRenewedCertificateIsServedWithoutARestart() async throws {
        let tls = try ServerTLS(certificate: files.certificate, key: files.key, logger: Self.quiet)
        let files = files
        let old = try files.text()
        try await serve(tls) { port in
            #expect(try await Self.ask(port, trusting: old) == "hello")
            let new = try files.renew()
            try tls.reload()
            #expect(try await Self.ask(port, trusting: new) == "hello")
            await #expect(throws: (any Error).self) { try await Self.ask(port, trusting: old) }
        }
    }

    @Test func aRenewalThatIsHalfDoneChangesNothing() async throws {
        let tls = try ServerTLS(certificate: files.certificate, key: files.key, logger: Self.quiet)
        let files = files
        let old = try files.text()
        try await serve(tls) { port in
            let next = try CertificateFiles.make()
            try Data(next.certificate.utf8).write(to: URL(fileURLWithPath: files.certificate), options: .atomic)
            #expect(throws: HearthError.self, "the key belongs to the other one") { try tls.reload() }
            #expect(try await Self.ask(port, trusting: old) == "hello")
        }
    }

    @Test func filesThatCannotBeUsedAreRefusedAtTheStart() throws {
        let other = try CertificateFiles()
        for (certificate, key) in [
            ("/nowhere", files.key), (files.certificate, "/nowhere"), (files.key, files.certificate),
            (files.certificate, other.key),
        ] {
            let error = #expect(throws: HearthError.self) {
                try ServerTLS(certificate: certificate, key: key, logger: Self.quiet)
            }
            #expect(error?.code == .invalidConfiguration, "\(certificate) \(key)")
        }
    }
}

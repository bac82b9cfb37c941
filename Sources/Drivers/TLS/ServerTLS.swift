import Foundation
import HearthCore
package import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// TLS for the front's port, by a certificate and a key in PEM files, which are read again when they change: a renewed
/// certificate needs no restart. Version 1.2 at least.
package final class ServerTLS: Service {
    /// A certificate with those that vouch for it, and its private key.
    private struct Identity: Sendable {
        let chain: [NIOSSLCertificateSource]
        let key: NIOSSLPrivateKeySource

        var override: NIOSSLContextConfigurationOverride {
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = chain
            override.privateKey = key
            return override
        }
    }

    private let certificateFile: String
    private let keyFile: String
    private let logger: Logger
    private let identity: Locked<Identity>
    /// The files as they were before they were read first.
    private let watches: [FileWatch]

    /// How often `run` looks whether they have changed.
    private let interval: Duration

    /// - Throws: ``HearthError`` `invalid_configuration` when a file cannot be read, or the two do not belong together.
    package init(
        certificate: String, key: String, interval: Duration = Limits.credentialRefresh, logger: Logger
    ) throws {
        self.interval = interval
        certificateFile = certificate
        keyFile = key
        self.logger = logger
        watches = [FileWatch(certificate), FileWatch(key)]
        identity = Locked(try Self.read(certificate, key))
    }

    /// A server that speaks TLS below what `base` speaks.
    package func wrap(_ base: HTTPServerBuilder) throws -> HTTPServerBuilder {
        let first = identity.withLock { $0 }
        var configuration = Self.configuration(first)
        configuration.sslContextCallback = { [identity] _, promise in
            promise.succeed(identity.withLock { $0 }.override)
        }
        return try .tls(base, tlsConfiguration: configuration)
    }

    /// Reads the files again; connections that are open stay as they are.
    /// - Throws: ``HearthError`` `invalid_configuration`; the certificate that was known stays then.
    package func reload() throws {
        let fresh = try Self.read(certificateFile, keyFile)
        identity.withLock { $0 = fresh }
    }

    /// Reads the files again whenever they have changed, until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var files = files()
            while (try? await Task.sleep(for: interval)) != nil { look(at: &files) }
        }
    }

    /// What is known of the two files from one look to the next.
    package struct Files: Sendable {
        fileprivate var watches: [FileWatch]
        /// They have changed, and what they hold could not be used: between its two files a renewal is half done.
        fileprivate var isPending = false
        /// What was said last, so that it is not said at each look.
        fileprivate var said = ""
    }

    /// The files as they were when they were read first.
    package func files() -> Files { Files(watches: watches) }

    /// Looks at the files once, and reads them when they have changed. What is wrong with them is logged once.
    package func look(at files: inout Files) {
        for index in files.watches.indices where files.watches[index].hasChanged() { files.isPending = true }
        let gone = files.watches.filter(\.isGone).map(\.path)
        guard gone.isEmpty else {
            return say("A TLS file is gone: \(gone.joined(separator: ", "))", &files)
        }
        guard files.isPending else {
            // They are back, as they were.
            files.said = ""
            return
        }
        do {
            try reload()
            files.isPending = false
            files.said = ""
            logger.notice("The certificate was read again")
        } catch {
            say((error as? HearthError)?.message ?? "\(error)", &files)
        }
    }

    private func say(_ problem: String, _ files: inout Files) {
        guard files.said != problem else { return }
        files.said = problem
        logger.warning(
            "The certificate that was read before stays in use; a restart needs files that are whole",
            metadata: ["problem": "\(problem)"])
    }

    // MARK: Reading

    private static func read(_ certificate: String, _ key: String) throws(HearthError) -> Identity {
        let chain = try read(certificate, "certificate", "CERTIFICATE") { try NIOSSLCertificate.fromPEMBytes($0) }
        let privateKey = try read(key, "key", "PRIVATE KEY") { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
        let identity = Identity(chain: chain.map { .certificate($0) }, key: .privateKey(privateKey))
        do {
            // Making a context says whether they belong together.
            _ = try NIOSSLContext(configuration: configuration(identity))
        } catch {
            throw refused(
                "The key in \(key) does not belong to the certificate in \(certificate).",
                hint: "The first certificate of the file must be the server's own, before those that vouch for it.",
                error)
        }
        return identity
    }

    /// What one file holds.
    /// - Parameter mark: what its lines `-----BEGIN …-----` say.
    private static func read<Content>(
        _ path: String, _ what: String, _ mark: String, _ parse: ([UInt8]) throws -> Content
    ) throws(HearthError) -> Content {
        let bytes: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            bytes = try file.read(upToCount: Limits.certificateBytes + 1) ?? Data()
        } catch {
            throw refused(
                "The TLS \(what) file \(path) cannot be read.", hint: "It must exist and be readable by the server.",
                error)
        }
        guard bytes.count <= Limits.certificateBytes else {
            throw refused(
                "The TLS \(what) file \(path) is too long.", hint: "At most \(Limits.certificateBytes) bytes.", nil)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("-----BEGIN"), text.contains("\(mark)-----") else {
            throw refused(
                "The TLS \(what) file \(path) has no PEM block of a \(what).",
                hint: "It is a text with a line `-----BEGIN \(mark)-----`.", nil)
        }
        guard !text.contains("ENCRYPTED") else {
            throw refused(
                "The TLS \(what) file \(path) is encrypted.",
                hint: "Take the password away: `openssl pkey -in \(path) -out plain.pem`.", nil)
        }
        do { return try parse([UInt8](bytes)) } catch {
            throw refused(
                "The TLS \(what) file \(path) holds a \(what) that cannot be used.",
                hint: "Its PEM block is damaged or of an unknown kind.", error)
        }
    }

    private static func refused(_ message: String, hint: String, _ cause: (any Error)?) -> HearthError {
        HearthError(.invalidConfiguration, message, hint: hint, cause: cause)
    }

    private static func configuration(_ identity: Identity) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain, privateKey: identity.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}

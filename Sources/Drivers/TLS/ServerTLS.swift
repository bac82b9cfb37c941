import Foundation
package import HearthCore
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

    /// - Throws: ``HearthError`` `invalid_configuration` when a file cannot be read, or the two do not belong together.
    package init(certificate: String, key: String, logger: Logger) throws {
        certificateFile = certificate
        keyFile = key
        self.logger = logger
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

    package func run() async throws {
        var watches = [FileWatch(certificateFile), FileWatch(keyFile)]
        // Between its two files a renewal is half done: what could not be read is tried again.
        var isPending = false
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: Limits.credentialRefresh)) != nil {
                for index in watches.indices where watches[index].hasChanged() { isPending = true }
                guard isPending else { continue }
                do {
                    try reload()
                    isPending = false
                    logger.notice("The certificate was read again")
                } catch {
                    logger.warning("The certificate stays as it was", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private static func read(_ certificate: String, _ key: String) throws -> Identity {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate)
            let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
            let identity = Identity(chain: chain.map { .certificate($0) }, key: .privateKey(privateKey))
            // Making a context says whether they belong together.
            _ = try NIOSSLContext(configuration: configuration(identity))
            return identity
        } catch {
            throw HearthError(
                .invalidConfiguration, "The certificate \(certificate) and the key \(key) cannot be used.",
                hint: "Both are PEM files: the certificate with its chain, and its unencrypted private key.",
                cause: error)
        }
    }

    private static func configuration(_ identity: Identity) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain, privateKey: identity.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}

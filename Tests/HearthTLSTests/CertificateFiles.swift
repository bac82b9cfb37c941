import Crypto
import Foundation
import HearthTesting
import SwiftASN1
import X509

/// A certificate for `localhost` that vouches for itself, and its key, as PEM files.
struct CertificateFiles {
    let folder: TemporaryFolder
    var certificate: String { folder.file("certificate.pem") }
    var key: String { folder.file("key.pem") }

    init() throws {
        folder = try TemporaryFolder(.memory)
        _ = try renew()
    }

    /// Writes another certificate with another key in place of what is there.
    /// - Returns: the certificate.
    @discardableResult
    func renew() throws -> String {
        let (certificate, key) = try Self.make()
        try Data(certificate.utf8).write(to: URL(fileURLWithPath: self.certificate), options: .atomic)
        try Data(key.utf8).write(to: URL(fileURLWithPath: self.key), options: .atomic)
        return certificate
    }

    /// The certificate that lies there now.
    func text() throws -> String { try String(contentsOfFile: certificate, encoding: .utf8) }

    /// A certificate and its key.
    static func make() throws -> (certificate: String, key: String) {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("localhost") }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: Date.now.addingTimeInterval(-60), notValidAfter: Date.now.addingTimeInterval(3_600),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames([.dnsName("localhost")])
            }, issuerPrivateKey: .init(key))
        return (try certificate.serializeAsPEM().pemString, key.pemRepresentation)
    }
}

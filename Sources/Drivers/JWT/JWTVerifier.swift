import Foundation
package import HearthCore
import HearthJSON
import JWTKit
package import Logging
import ServiceLifecycle

/// Checks JSON Web Tokens (RFC 7519) signed by HS256, RS256 or ES256.
///
/// A token's `alg` chooses nothing: it must be the one algorithm of the key that its `kid` names, so that a public key is
/// never taken for a shared secret, and `none` is no algorithm. The file of keys is read again when it changes.
package final class JWTVerifier: TokenVerifier, Service {
    /// What is accepted.
    package struct Settings: Sendable {
        /// A secret shared with the issuer, for HS256.
        package var secret: Secret?
        /// Path of a JWKS file with the issuer's public keys, for RS256 and ES256.
        package var keyFile: String?
        /// What `iss` must be; nil: anything.
        package var issuer: String?
        /// What `aud` must hold: a token that was made for another service is none of ours.
        package var audience: String

        package init(secret: Secret? = nil, keyFile: String? = nil, issuer: String? = nil, audience: String) {
            self.secret = secret
            self.keyFile = keyFile
            self.issuer = issuer
            self.audience = audience
        }
    }

    private let settings: Settings
    private let clock: any WallClock
    private let logger: Logger
    private let keys: Locked<[JWTKey]>

    /// - Throws: ``HearthError`` `invalid_configuration` when no key can be used.
    package init(_ settings: Settings, clock: any WallClock = SystemClock(), logger: Logger) async throws {
        self.settings = settings
        self.clock = clock
        self.logger = logger
        keys = Locked(try await Self.keys(settings))
    }

    package func principal(showing token: String) async throws -> Principal {
        let claims: JWTClaims
        do {
            claims = try await key(for: token).collection.verify(token, as: JWTClaims.self)
        } catch let error as HearthError {
            throw error
        } catch {
            throw Self.refused("The token is malformed, or not signed by a key that is known.", cause: error)
        }
        try check(claims)
        guard let grant = Grant(rawValue: claims.permission), let tenant = try? Tenant(checking: claims.tenant) else {
            throw Self.refused("The token's `tenant` or `permission` is none that exists.")
        }
        let subject = claims.sub.map { "jwt:\(tenant.rawValue):\($0)" } ?? "jwt:\(tenant.rawValue)"
        return Principal(keyID: subject, tenant: tenant, permission: grant.permission(in: tenant))
    }

    /// Reads the file of keys again.
    /// - Throws: ``HearthError`` `invalid_configuration`; the keys that were known stay then.
    package func reload() async throws {
        let fresh = try await Self.keys(settings)
        keys.withLock { $0 = fresh }
    }

    package func run() async throws {
        var watch = settings.keyFile.map(FileWatch.init)
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: Limits.credentialRefresh)) != nil {
                guard watch?.hasChanged() == true else { continue }
                do {
                    try await reload()
                    logger.notice("The keys of tokens were read again")
                } catch {
                    logger.warning("The keys of tokens stay as they were", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private static func keys(_ settings: Settings) async throws -> [JWTKey] {
        var keys: [JWTKey] = []
        if let secret = settings.secret { keys.append(try await JWTKey(sharing: secret)) }
        if let file = settings.keyFile { keys += try await JWTKey.read(file) }
        return keys
    }

    /// The one key that a token's header can mean.
    private func key(for token: String) throws(HearthError) -> JWTKey {
        guard let header = Self.header(of: token), header["crit"] == nil,
            let algorithm = header["alg"]?.stringValue.flatMap(JWTKey.Algorithm.init(rawValue:))
        else { throw Self.refused("The token has no header that is understood.") }
        let id = header["kid"]?.stringValue
        let candidates = keys.withLock { keys in
            keys.filter { $0.algorithm == algorithm && (id == nil || $0.id == nil || $0.id == id) }
        }
        guard let key = candidates.first, candidates.count == 1 else {
            throw Self.refused("The token is not signed by a key that is known.")
        }
        return key
    }

    private func check(_ claims: JWTClaims) throws(HearthError) {
        let now = Double(clock.now()) / 1_000
        let leeway = Double(Limits.tokenLeeway.components.seconds)
        guard now < claims.exp + leeway else {
            throw Self.refused("The token has expired.")
        }
        if let start = claims.nbf, now + leeway < start {
            throw Self.refused("The token is not valid yet.")
        }
        guard claims.aud?.names.contains(settings.audience) == true else {
            throw Self.refused("The token is for another audience.")
        }
        if let issuer = settings.issuer, claims.iss != issuer {
            throw Self.refused("The token is from another issuer.")
        }
    }

    /// The first part of a token, as JSON.
    private static func header(of token: String) -> JSONValue? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let text = parts[0].replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text + padding).flatMap { try? JSONParser.parse($0) }
    }

    private static func refused(_ message: String, cause: (any Error)? = nil) -> HearthError {
        HearthError(.unauthorized, message, hint: "Ask its issuer for another one.", cause: cause)
    }
}

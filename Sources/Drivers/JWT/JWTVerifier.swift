import Foundation
package import HearthCore
import HearthJSON
import JWTKit
package import Logging
import ServiceLifecycle

/// Checks JSON Web Tokens (RFC 7519) signed by HS256, RS256 or ES256.
///
/// A token's `alg` chooses nothing: it must be the one algorithm of the key that its `kid` names, so that a public key
/// is never taken for a shared secret, and `none` is no algorithm. The file of keys is read again when it changes;
/// while it is missing or malformed, the keys that were known stay.
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
        /// The claim with the name of the tenant.
        package var tenantClaim: String
        /// The claim with the permission.
        package var permissionClaim: String

        package init(
            secret: Secret? = nil, keyFile: String? = nil, issuer: String? = nil, audience: String,
            tenantClaim: String = "tenant", permissionClaim: String = "permission"
        ) {
            self.secret = secret
            self.keyFile = keyFile
            self.issuer = issuer
            self.audience = audience
            self.tenantClaim = tenantClaim
            self.permissionClaim = permissionClaim
        }
    }

    private let settings: Settings
    private let clock: any WallClock
    private let logger: Logger
    private let secret: JWTKey?
    /// All of them, ``secret`` among them.
    private let keys: Locked<[JWTKey]>
    /// The file as it was before the keys were read first.
    private let watch: FileWatch?

    /// How often `run` looks whether the file has changed.
    private let interval: Duration

    /// - Throws: ``HearthError`` `invalid_configuration` when the secret or the file cannot be used, or when no key of
    ///   the file can.
    package init(
        _ settings: Settings, clock: any WallClock = SystemClock(), interval: Duration = Limits.credentialRefresh,
        logger: Logger
    ) async throws {
        self.interval = interval
        self.settings = settings
        self.clock = clock
        self.logger = logger
        watch = settings.keyFile.map { FileWatch($0) }
        secret = if let secret = settings.secret { try await JWTKey(sharing: secret) } else { nil }
        keys = Locked([])
        guard try await reload() else {
            throw JWTKeyFile.refused(settings.keyFile ?? "", "holds no RS256 or ES256 key that can be used")
        }
    }

    /// Who shows a token, once its signature, its times, issuer and audience are as they should be.
    /// - Throws: ``HearthError`` `unauthorized`, in words that are safe to show.
    package func credential(showing token: String) async throws -> AcceptedCredential {
        let key = try key(for: token)
        do {
            _ = try await key.collection.verify(token, as: JWTPayloadUnread.self)
        } catch {
            throw Self.refused("The token is malformed, or its signature is wrong.", cause: error)
        }
        guard let payload = Self.part(1, of: token) else { throw Self.refused("The token's payload is no JSON.") }
        let claims = try JWTClaims(payload, tenant: settings.tenantClaim, permission: settings.permissionClaim)
        try check(claims)
        let tenant = claims.tenant
        let subject = claims.subject.map { ":\($0.prefix(Limits.nameLength))" } ?? ""
        let principal = Principal(
            keyID: "jwt:\(tenant.rawValue)\(subject)", tenant: tenant, permission: claims.grant.permission(in: tenant))
        return AcceptedCredential(principal) { [self] in
            !hasExpired(claims) && keys.withLock { keys in keys.contains { $0.isSame(as: key) } }
        }
    }

    /// Reads the file of keys again. A file without keys is taken as it is: from then on their tokens are refused.
    /// - Returns: false when there is a file, and none of its keys can be used.
    /// - Throws: ``HearthError`` `invalid_configuration`; the keys that were known stay then.
    @discardableResult
    package func reload() async throws -> Bool {
        var fresh = secret.map { [$0] } ?? []
        var isUsable = true
        if let path = settings.keyFile {
            let file = try await JWTKeyFile(reading: path)
            for flaw in file.flaws {
                logger.warning(
                    "A key in the file of HEARTH_JWT_KEYS is left out",
                    metadata: ["kid": "\(flaw.id?.prefix(Limits.nameLength) ?? "none")", "reason": "\(flaw.reason)"])
            }
            fresh += file.keys
            isUsable = !file.keys.isEmpty
        }
        keys.withLock { $0 = fresh }
        return isUsable
    }

    /// Reads the file of keys again whenever it has changed, until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var watch = watch
            // What could not be read, perhaps because it was only half written, is tried again.
            var isPending = false
            // What was logged last: a file that stays missing or broken is told once.
            var told: String?
            while (try? await Task.sleep(for: interval)) != nil {
                if watch?.hasChanged() == true { (isPending, told) = (true, nil) }
                if let path = watch?.path, !FileManager.default.fileExists(atPath: path) { isPending = true }
                guard isPending else { continue }
                do {
                    if try await reload() {
                        logger.notice("The keys of tokens were read again")
                    } else {
                        logger.warning(
                            "The file of HEARTH_JWT_KEYS holds no key that can be used: its tokens are refused")
                    }
                    (isPending, told) = (false, nil)
                } catch {
                    let problem = "\(error)"
                    guard problem != told else { continue }
                    told = problem
                    logger.warning("The keys of tokens stay as they were", metadata: ["error": "\(problem)"])
                }
            }
        }
    }

    /// The one key that a token's header can mean.
    private func key(for token: String) throws(HearthError) -> JWTKey {
        guard let header = Self.part(0, of: token), header["crit"] == nil,
            let algorithm = header["alg"]?.stringValue.flatMap(JWTKey.Algorithm.init(rawValue:))
        else { throw Self.refused("The token is no JWT signed by HS256, RS256 or ES256.") }
        let id = header["kid"]?.stringValue
        let candidates = keys.withLock { keys in
            let able = keys.filter { $0.algorithm == algorithm }
            // A key without a name stands for any name that no other key has.
            let named = able.filter { $0.id != nil && $0.id == id }
            return named.isEmpty ? able.filter { id == nil || $0.id == nil } : named
        }
        guard let key = candidates.first, candidates.count == 1 else {
            throw Self.refused("The token is not signed by a key that is known here.")
        }
        return key
    }

    private func check(_ claims: JWTClaims) throws(HearthError) {
        guard !hasExpired(claims) else { throw Self.refused("The token has expired.") }
        if let start = claims.start, seconds + Self.leeway < start {
            throw Self.refused("The token is not valid yet.")
        }
        guard claims.audiences.contains(settings.audience) else {
            throw Self.refused("The token is for another audience than this server.")
        }
        if let issuer = settings.issuer, claims.issuer != issuer {
            throw Self.refused("The token is from another issuer than this server trusts.")
        }
    }

    private func hasExpired(_ claims: JWTClaims) -> Bool { seconds >= claims.end + Self.leeway }

    /// Now, in seconds since 1970.
    private var seconds: Double { Double(clock.now()) / 1_000 }

    private static let leeway = Double(Limits.tokenLeeway.components.seconds)

    /// A part of a token, as JSON.
    private static func part(_ index: Int, of token: String) -> JSONValue? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        return Base64URL.decode(parts[index]).flatMap { try? JSONParser.read($0) }
    }

    static func refused(_ message: String, cause: (any Error)? = nil) -> HearthError {
        HearthError(.unauthorized, message, hint: "Ask its issuer for another one.", cause: cause)
    }
}

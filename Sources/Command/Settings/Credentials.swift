import HearthCore
import HearthJWT
import HearthTLS
import Logging
import ServiceLifecycle

/// What the settings say besides keys about who is let in, and how the server proves who it is.
struct Credentials {
    /// Checks tokens of another server; nil: none are accepted.
    let tokens: JWTVerifier?
    /// Nil: plain HTTP is served.
    let tls: ServerTLS?

    /// Reads the files that the settings name.
    /// - Throws: ``HearthError`` `invalid_configuration` that says what is wrong with which file.
    init(_ settings: Settings, logger: Logger) async throws {
        if let accepted = settings.tokens {
            tokens = try await JWTVerifier(accepted, logger: logger)
        } else {
            tokens = nil
        }
        tls = try settings.certificate().map {
            try ServerTLS(certificate: $0.certificate, key: $0.key, logger: logger)
        }
    }

    /// Read the files again when they change.
    var services: [any Service] {
        var services: [any Service] = []
        if let tokens { services.append(tokens) }
        if let tls { services.append(tls) }
        return services
    }
}

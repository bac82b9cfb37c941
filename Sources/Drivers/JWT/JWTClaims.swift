import JWTKit

/// What Hearth reads of a token; a token without a tenant, a permission or an end is none of ours.
struct JWTClaims: JWTPayload {
    /// One audience or several (RFC 7519, 4.1.3). Not jwt-kit's own claim, which traps on an empty list.
    struct Audience: Codable, Sendable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                names = [name]
            } else {
                names = try container.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(names)
        }
    }

    let sub: String?
    let iss: String?
    let aud: Audience?
    /// Seconds since 1970, as `nbf`.
    let exp: Double
    let nbf: Double?
    let tenant: String
    let permission: String

    /// Nothing: ``JWTVerifier`` checks the claims, by its own clock.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

import HearthCore
import HearthJSON
import JWTKit

/// What Hearth reads of a token's payload, as it stands there: nothing is believed before the signature was checked.
struct JWTClaims {
    let subject: String?
    let issuer: String?
    /// One audience or several (RFC 7519, 4.1.3).
    let audiences: [String]
    /// Seconds since 1970, as ``start``.
    let end: Double
    let start: Double?
    let tenant: Tenant
    let grant: Grant

    /// - Throws: ``HearthError`` `unauthorized` for a token without an end, a tenant or a permission, and for claims
    ///   of other types than RFC 7519 gives them.
    init(_ payload: JSONValue, tenant tenantClaim: String, permission permissionClaim: String) throws(HearthError) {
        subject = try Self.text("sub", of: payload)
        issuer = try Self.text("iss", of: payload)
        switch payload["aud"] {
        case .string(let name)?: audiences = [name]
        case .array(let names)?: audiences = names.compactMap(\.stringValue)
        default: audiences = []
        }
        guard let end = payload["exp"]?.doubleValue, end.isFinite else {
            throw JWTVerifier.refused("The token has no `exp`: tokens must end.")
        }
        self.end = end
        start = payload["nbf"]?.doubleValue
        guard start != nil || payload["nbf"] == nil else { throw JWTVerifier.refused("The token's `nbf` is no time.") }
        guard let name = payload[tenantClaim]?.stringValue, let tenant = try? Tenant(checking: name) else {
            throw JWTVerifier.refused("The token's claim `\(tenantClaim)` is not the name of a tenant.")
        }
        self.tenant = tenant
        guard let grant = Self.grant(payload[permissionClaim]) else {
            throw JWTVerifier.refused("The token's claim `\(permissionClaim)` has none of read, write and admin.")
        }
        self.grant = grant
    }

    private static func text(_ claim: String, of payload: JSONValue) throws(HearthError) -> String? {
        guard let value = payload[claim], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw JWTVerifier.refused("The token's `\(claim)` is no text.") }
        return text
    }

    /// The highest permission among the words of a text, or the texts of a list: `write`, `openid hearth:write`,
    /// `["read", "write"]`. Words that are no permission mean nothing here.
    private static func grant(_ claim: JSONValue?) -> Grant? {
        let texts: [String] =
            switch claim {
            case .string(let text)?: text.split(separator: " ").map(String.init)
            case .array(let items)?: items.compactMap(\.stringValue)
            default: []
            }
        let words = Set(texts.map { $0.hasPrefix("hearth:") ? String($0.dropFirst("hearth:".count)) : $0 })
        return Grant.allCases.last { words.contains($0.rawValue) }
    }
}

/// A payload of which jwt-kit reads nothing: ``JWTClaims`` does, after the signature has been checked.
struct JWTPayloadUnread: JWTPayload {
    init() {}
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

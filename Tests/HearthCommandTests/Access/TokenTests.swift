import Crypto
import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// Tokens of another server, on the assembled server.
@Suite(.timeLimit(.minutes(3))) struct TokenTests {
    private static let secret = "a secret of more than thirty-two bytes"

    private static func token(_ changes: JSONValue = [:]) -> String {
        var claims: JSONValue = [
            "sub": "user-1", "aud": "hearth", "tenant": "shop", "permission": "read",
            "exp": .int(SystemClock().now() / 1_000 + 600),
        ]
        for member in changes.objectValue?.members ?? [] { claims[member.key] = member.value }
        func text(_ bytes: Data) -> String {
            bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        let header: JSONValue = ["alg": "HS256", "typ": "JWT"]
        let input = "\(text(header.encoded())).\(text(claims.encoded()))"
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(input.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return "\(input).\(text(Data(code)))"
    }

    @Test func aTokenLetsItsTenantInAsFarAsItMay() async throws {
        let folder = try TemporaryFolder(.memory)
        try await AssembledFront.run(in: folder, flags: [.jwtSecret: Self.secret]) { front in
            func status(_ method: String, _ path: String, _ key: String?) async throws -> Int {
                try await front.send(method, path, body: method == "GET" ? nil : ["name": "p"], key: key).status
            }
            #expect(try await status("GET", "/api/projects", nil) == 401, "everyone needs a credential from now on")
            #expect(try await status("GET", "/api/projects", "a.b.c") == 401)
            #expect(try await status("GET", "/api/projects", Self.token()) == 200)
            #expect(try await status("POST", "/api/projects", Self.token()) == 403)
            #expect(try await status("POST", "/api/projects", Self.token(["permission": "write"])) == 201)
            let other = try await front.send("GET", "/api/projects/p", key: Self.token(["tenant": "other"]))
            #expect(other.status == 404)
            #expect(try await status("GET", "/api/projects/p", Self.token()) == 200)
            #expect(try await status("GET", "/api/keys", Self.token(["permission": "admin"])) == 200)
            let expired = try await front.send("GET", "/api/projects", key: Self.token(["exp": 1_000]))
            #expect(expired.status == 401)
            #expect(expired.json["error"]?["message"] == "The token has expired.")
            #expect(expired.json["error"]?["code"] == "unauthorized")
        }
    }

    @Test func filesThatAreMissingAreNamedAtTheStart() async throws {
        for (environment, words) in [
            (["HEARTH_JWT_KEYS": "/nowhere.json"], "/nowhere.json of HEARTH_JWT_KEYS is missing"),
            (["HEARTH_JWT_SECRET": "short"], "too short"),
            (["HEARTH_TLS_CERTIFICATE": "/nowhere.pem"], "only one of them"),
            (["HEARTH_TLS_KEY": "/nowhere.pem"], "only one of them"),
            (
                ["HEARTH_TLS_CERTIFICATE": "/nowhere.pem", "HEARTH_TLS_KEY": "/nowhere.key"],
                "/nowhere.pem cannot be read"
            ),
        ] {
            let settings = try await Settings.resolve(flags: [:], environment: environment)
            let error = await #expect(throws: HearthError.self) {
                _ = try await Credentials(settings, logger: .quiet)
            }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains(words) == true, "\(environment): \(error?.message ?? "")")
        }
        let none = try await Credentials(Settings.resolve(flags: [:], environment: [:]), logger: .quiet)
        #expect(none.tokens == nil && none.tls == nil && none.services.isEmpty)
    }
}

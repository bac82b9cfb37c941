import Crypto
import CryptoExtras
import Foundation
import HearthCore
import HearthJSON
import HearthJWT
import HearthTesting
import Logging
import Testing

/// Which tokens let whom in.
@Suite struct JWTVerifierTests {
    private let clock = ManualClock()
    private let folder: TemporaryFolder
    private let maker: TokenMaker
    private let file: String

    init() throws {
        folder = try TemporaryFolder(.memory)
        file = folder.file("keys.json")
        maker = try TokenMaker(now: clock.now() / 1_000)
        try maker.keySet().encoded().write(to: URL(fileURLWithPath: file))
    }

    private func verifier(secret: Bool = true, keys: Bool = true, issuer: String? = nil) async throws -> JWTVerifier {
        try await JWTVerifier(
            .init(
                secret: secret ? Secret(TokenMaker.secret) : nil, keyFile: keys ? file : nil, issuer: issuer,
                audience: "hearth"), clock: clock, logger: .quiet)
    }

    @Test func aChangedFileIsReadUntilItCanBe() async throws {
        let verifier = try await JWTVerifier(
            .init(keyFile: file, audience: "hearth"), clock: clock, interval: .milliseconds(10), logger: .quiet)
        let other = try TokenMaker(now: maker.now)
        let token = try other.rs256(other.claims())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await verifier.run() }
            // A reader that comes between the two writes finds half a file, and its content changes no more then.
            try Data("{".utf8).write(to: URL(fileURLWithPath: file))
            try await Task.sleep(for: .milliseconds(50))
            try other.keySet().encoded().write(to: URL(fileURLWithPath: file))
            try await eventually("the other keys are known") { await !isRefused(token, by: verifier) }
            group.cancelAll()
        }
        #expect(await isRefused(try maker.rs256(maker.claims()), by: verifier), "the first keys are gone")
    }

    private func isRefused(_ token: String, by verifier: JWTVerifier) async -> Bool {
        do {
            _ = try await verifier.credential(showing: token).principal
            return false
        } catch {
            return (error as? HearthError)?.code == .unauthorized
        }
    }

    @Test func aTokenOfEachAlgorithmTellsWhoCalls() async throws {
        let verifier = try await verifier()
        let claims = maker.claims()
        for token in [maker.hs256(claims), try maker.rs256(claims), try maker.es256(claims)] {
            let principal = try await verifier.credential(showing: token).principal
            #expect(principal.tenant.rawValue == "shop")
            #expect(principal.permission == .write)
            #expect(principal.keyID == "jwt:shop:user-1")
        }
    }

    @Test(arguments: [("read", "local", Permission.read), ("admin", "local", .operate), ("admin", "shop", .admin)])
    func itsClaimsSayWhatItMay(_ grant: String, _ tenant: String, _ permission: Permission) async throws {
        let token = maker.hs256(maker.claims(["permission": .string(grant), "tenant": .string(tenant)]))
        #expect(try await verifier().credential(showing: token).principal.permission == permission)
    }

    /// The attacks on algorithms: whatever the header says, a key is used by its own.
    @Test func noAlgorithmCanBeConfusedWithAnother() async throws {
        let verifier = try await verifier()
        let claims = maker.claims()
        // The public key, which anybody has, as an HMAC secret: in all the forms that libraries have fallen for.
        let publicForms = [
            Data(maker.rsa.publicKey.pemRepresentation.utf8), maker.rsa.publicKey.derRepresentation,
            try maker.rsa.publicKey.getKeyPrimitives().modulus, try maker.keySet().encoded(),
            Data(maker.ec.publicKey.pemRepresentation.utf8), maker.ec.publicKey.rawRepresentation,
        ]
        for form in publicForms {
            for id in ["rsa", "ec"] {
                let header: JSONValue = ["alg": "HS256", "kid": .string(id)]
                #expect(await isRefused(maker.hs256(claims, header: header, secret: form), by: verifier))
            }
            #expect(await isRefused(maker.hs256(claims, secret: form), by: verifier))
        }
        for algorithm in ["none", "None", "NONE", "nOnE", "", "HS384", "RS512", "PS256", "ES384", "EdDSA"] {
            for id in ["rsa", "ec"] {
                let header: JSONValue = ["alg": .string(algorithm), "kid": .string(id)]
                let input = TokenMaker.input(header, claims)
                #expect(await isRefused("\(input).", by: verifier), "\(algorithm)")
                #expect(await isRefused(try maker.rs256(claims, header: header), by: verifier), "\(algorithm)")
            }
        }
        let (byRSA, byEC) = (maker.rs256, maker.es256)
        let swapped: [(algorithm: String, id: String, sign: (JSONValue, JSONValue) throws -> String)] = [
            ("ES256", "rsa", byRSA), ("RS256", "ec", byEC), ("ES256", "ec", byRSA), ("RS256", "rsa", byEC),
        ]
        for (algorithm, id, sign) in swapped {
            let header: JSONValue = ["alg": .string(algorithm), "kid": .string(id)]
            #expect(await isRefused(try sign(claims, header), by: verifier), "\(header.encodedText())")
        }
    }

    @Test func aHeaderCannotBringItsOwnKey() async throws {
        let (verifier, attacker) = (try await verifier(), try TokenMaker(now: maker.now))
        let own = try attacker.keySet()["keys"]?[0] ?? .null
        for header: JSONValue in [
            ["alg": "RS256", "kid": "rsa", "jwk": own], ["alg": "RS256", "jwk": own], ["alg": "RS256", "kid": "rsa"],
            ["alg": "RS256", "jku": "https://evil.example/keys.json"], ["alg": "RS256", "kid": "../../etc/passwd"],
        ] {
            #expect(await isRefused(try attacker.rs256(maker.claims(), header: header), by: verifier))
        }
        let critical: JSONValue = ["alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": false]
        #expect(await isRefused(try maker.rs256(maker.claims(), header: critical), by: verifier))
    }

    @Test func aTokenNeedNotNameTheOnlyKeyOfItsAlgorithm() async throws {
        let verifier = try await verifier()
        _ = try await verifier.credential(showing: maker.rs256(maker.claims(), header: ["alg": "RS256"])).principal
        #expect(
            await isRefused(
                try maker.rs256(maker.claims(), header: ["alg": "RS256", "kid": "other"]), by: verifier))
    }

    @Test func anythingChangedAfterSigningIsNoticed() async throws {
        let verifier = try await verifier()
        let token = try maker.es256(maker.claims())
        let parts = token.split(separator: ".").map(String.init)
        let raised = TokenMaker.text(maker.claims(["permission": "admin"]).encoded())
        #expect(await isRefused("\(parts[0]).\(raised).\(parts[2])", by: verifier))
        for position in stride(from: 0, to: token.count - 1, by: 7) {
            var bytes = Array(token.utf8)
            bytes[position] = bytes[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(await isRefused(String(decoding: bytes, as: UTF8.self), by: verifier), "byte \(position)")
        }
    }

    @Test(
        arguments: [
            ["exp": .null], ["exp": "soon"], ["tenant": .null], ["tenant": ""], ["tenant": "../local"],
            ["permission": .null], ["permission": "operate"], ["permission": "root"], ["aud": .null], ["aud": []],
            ["aud": "other"], ["aud": ["other"]], ["aud": 7], ["iss": "https://evil.example"], ["iss": .null],
        ] as [JSONValue])
    func aClaimThatIsWrongRefusesTheToken(_ change: JSONValue) async throws {
        let verifier = try await verifier(issuer: "https://login.example")
        #expect(await isRefused(maker.hs256(maker.claims(change)), by: verifier), "\(change.encodedText())")
        #expect(!(await isRefused(maker.hs256(maker.claims(["aud": ["other", "hearth"]])), by: verifier)))
    }

    @Test func timesAreHeldWithTheClocksDifferenceInMind() async throws {
        let verifier = try await verifier()
        let leeway = Limits.tokenLeeway.components.seconds
        #expect(!(await isRefused(maker.hs256(maker.claims(["exp": .int(maker.now - leeway + 1)])), by: verifier)))
        #expect(await isRefused(maker.hs256(maker.claims(["exp": .int(maker.now - leeway)])), by: verifier))
        #expect(!(await isRefused(maker.hs256(maker.claims(["nbf": .int(maker.now + leeway)])), by: verifier)))
        #expect(await isRefused(maker.hs256(maker.claims(["nbf": .int(maker.now + leeway + 1)])), by: verifier))
        let token = maker.hs256(maker.claims())
        clock.advance(by: .seconds(60 + leeway))
        #expect(await isRefused(token, by: verifier))
    }

    @Test(arguments: ["", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.e30", "bnVsbA.bnVsbA.bnVsbA", "é.é.é"])
    func whatIsNoTokenIsRefused(_ text: String) async throws {
        let verifier = try await verifier()
        #expect(await isRefused(text, by: verifier))
    }

    @Test func keysThatChangeAreTakenAndBrokenOnesAreNot() async throws {
        let verifier = try await verifier(secret: false)
        let next = try TokenMaker(now: maker.now)
        let (old, new) = (try maker.rs256(maker.claims()), try next.rs256(maker.claims()))
        #expect(await isRefused(new, by: verifier))
        try Data("{".utf8).write(to: URL(fileURLWithPath: file))
        await #expect(throws: HearthError.self) { try await verifier.reload() }
        #expect(!(await isRefused(old, by: verifier)))
        try next.keySet().encoded().write(to: URL(fileURLWithPath: file))
        try await verifier.reload()
        #expect(await isRefused(old, by: verifier))
        #expect(!(await isRefused(new, by: verifier)))
    }

    @Test func aTokenIsAcceptedUntilItExpires() async throws {
        let credential = try await verifier().credential(showing: maker.hs256(maker.claims()))
        clock.advance(by: .seconds(60) + Limits.tokenLeeway - .milliseconds(1))
        #expect(credential.isStillAccepted())
        clock.advance(by: .milliseconds(1))
        #expect(!credential.isStillAccepted())
    }

    @Test func aTokenIsAcceptedUntilItsKeyLeavesTheFile() async throws {
        let verifier = try await verifier()
        let tokens = [maker.hs256(maker.claims()), try maker.rs256(maker.claims()), try maker.es256(maker.claims())]
        var credentials: [AcceptedCredential] = []
        for token in tokens { credentials.append(try await verifier.credential(showing: token)) }
        try await verifier.reload()
        #expect(credentials.map { $0.isStillAccepted() } == [true, true, true])
        // Another key of the same name takes the place of the RSA key.
        var keys = try maker.keySet()["keys"]?.arrayValue ?? []
        keys[0] = try TokenMaker(now: maker.now).keySet()["keys"]?[0] ?? .null
        try (["keys": .array(keys)] as JSONValue).encoded().write(to: URL(fileURLWithPath: file))
        try await verifier.reload()
        #expect(credentials.map { $0.isStillAccepted() } == [true, false, true])
    }

    @Test func weakOrUnusableKeysAreRefusedAtTheStart() async throws {
        for secret in ["", "short", String(repeating: "a", count: 31)] {
            await #expect(throws: HearthError.self) {
                try await JWTVerifier(
                    .init(secret: Secret(secret), audience: "hearth"), clock: clock, logger: .quiet)
            }
        }
        let small: JSONValue = [
            "kty": "RSA", "kid": "a", "e": "AQAB", "n": .string(TokenMaker.text(Data(repeating: 0xC3, count: 128))),
        ]
        for text in [
            "", "[]", #"{"keys": []}"#, #"{"keys": [{"kty": "oct", "k": "AAAA"}]}"#,
            #"{"keys": [{"kty": "RSA", "n": "", "e": "AQAB"}]}"#, (["keys": [small]] as JSONValue).encodedText(),
            #"{"keys": [{"kty": "RSA", "alg": "RS512", "n": "AA", "e": "AQAB"}]}"#,
            #"{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}"#,
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            await #expect(throws: HearthError.self, "\(text)") { try await verifier(secret: false) }
        }
    }

    @Test func keysOfOtherKindsInTheFileAreNoMatter() async throws {
        let others: [JSONValue] = [
            ["kty": "oct", "k": "AAAA", "kid": "o"], ["kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "d"],
            ["kty": "RSA", "use": "enc", "n": "AA", "e": "AQAB", "kid": "enc"], ["kty": "new"], [:],
        ]
        try maker.keySet(others).encoded().write(to: URL(fileURLWithPath: file))
        _ = try await verifier(secret: false).credential(showing: maker.rs256(maker.claims())).principal
    }

    @Test func theClaimsCanHaveOtherNames() async throws {
        let verifier = try await JWTVerifier(
            .init(
                secret: Secret(TokenMaker.secret), audience: "api", tenantClaim: "https://login.example/org",
                permissionClaim: "scope"), clock: clock, logger: .quiet)
        let changes: JSONValue = [
            "tenant": .null, "permission": .null, "aud": ["api"], "https://login.example/org": "acme",
            "scope": "openid hearth:read hearth:write email",
        ]
        let principal = try await verifier.credential(showing: maker.hs256(maker.claims(changes))).principal
        #expect(principal.tenant.rawValue == "acme")
        #expect(principal.permission == .write)
        #expect(await isRefused(maker.hs256(maker.claims()), by: verifier))
    }

    @Test(
        arguments: [
            ("write", .write), ("read write", .write), (["read", "admin"], .admin), ("hearth:read", .read),
            ("readwrite", nil), ("other:write", nil), ([], nil), ("", nil), (["write": true], nil), (7, nil),
        ] as [(JSONValue, Permission?)])
    func theHighestPermissionAmongTheWordsCounts(_ claim: JSONValue, _ permission: Permission?) async throws {
        let token = maker.hs256(maker.claims(["permission": claim]))
        let principal = try? await verifier().credential(showing: token).principal
        #expect(principal?.permission == permission)
        if permission == nil { #expect(await isRefused(token, by: try await verifier())) }
    }

    @Test func aRefusalSaysWhatIsWrongAndShowsNothingOfTheToken() async throws {
        let verifier = try await verifier(issuer: "https://login.example")
        for (change, word) in [
            (["exp": .int(maker.now - 3_600)], "expired"), (["nbf": .int(maker.now + 3_600)], "not valid yet"),
            (["aud": "other-service"], "audience"), (["iss": "https://evil.example"], "issuer"),
            (["tenant": "../x"], "tenant"), (["permission": "root"], "permission"), (["exp": .null], "exp"),
        ] as [(JSONValue, String)] {
            let token = maker.hs256(maker.claims(change))
            let error = await #expect(throws: HearthError.self) {
                try await verifier.credential(showing: token).principal
            }
            #expect(error?.message.contains(word) == true, "\(change.encodedText())")
            for part in ["user-1", "other-service", "evil", "../x", "root"]
                + token.split(separator: ".").map(String.init)
            {
                #expect(error.map { "\($0)".contains(part) } == false, "\(part)")
            }
        }
    }
}

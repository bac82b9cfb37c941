import Foundation
import HearthCore
import HearthJSON
import HearthJWT
import HearthTesting
import Logging
import Testing

/// What becomes of keys when their file changes, is partly wrong, or is gone.
@Suite struct JWTKeyFileTests {
    private let clock = ManualClock()
    private let folder: TemporaryFolder
    private let maker: TokenMaker
    private let file: URL
    /// Warnings and errors.
    private let lines = Locked<[String]>([])

    init() throws {
        folder = try TemporaryFolder(.memory)
        file = URL(fileURLWithPath: folder.file("keys.json"))
        maker = try TokenMaker(now: clock.now() / 1_000)
        try write(maker.keySet())
    }

    private func write(_ keys: JSONValue) throws { try keys.encoded().write(to: file, options: .atomic) }

    private func verifier() async throws -> JWTVerifier {
        try await JWTVerifier(
            .init(keyFile: file.path, audience: "hearth"), clock: clock, interval: .milliseconds(5),
            logger: Logger(label: "test") { [lines] _ in LogLines(lines: lines) })
    }

    private func accepts(_ token: String, _ verifier: JWTVerifier) async -> Bool {
        (try? await verifier.credential(showing: token)) != nil
    }

    /// Runs a verifier, as a server does, for as long as a closure.
    private func running(_ verifier: JWTVerifier, _ test: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await verifier.run() }
            try await test()
            group.cancelAll()
        }
    }

    private static func number(_ byte: UInt8, _ count: Int) -> JSONValue {
        .string(TokenMaker.text(Data(repeating: byte, count: count)))
    }

    @Test func theLastKeyCanBeTakenAwayFromARunningServer() async throws {
        let verifier = try await verifier()
        let token = try maker.rs256(maker.claims())
        let credential = try await verifier.credential(showing: token)
        try await running(verifier) {
            try write(["keys": []])
            try await eventually("the token is refused") { await !accepts(token, verifier) }
            #expect(!credential.isStillAccepted())
            try await eventually("it is told") { lines.withLock { $0.count == 1 } }
            #expect(lines.withLock { $0[0].contains("no key that can be used") })
            try write(maker.keySet())
            try await eventually("the token is accepted again") { await accepts(token, verifier) }
        }
    }

    @Test func aFileThatIsGoneIsToldOnceAndTheKeysStay() async throws {
        let verifier = try await verifier()
        let token = try maker.rs256(maker.claims())
        try await running(verifier) {
            try FileManager.default.removeItem(at: file)
            try await eventually("it is told") { !lines.withLock { $0.isEmpty } }
            try await Task.sleep(for: .milliseconds(50))
            #expect(lines.withLock { $0.count } == 1)
            #expect(lines.withLock { $0[0].contains("stay as they were") && $0[0].contains("is missing") })
            #expect(await accepts(token, verifier))
            let next = try TokenMaker(now: maker.now)
            try write(next.keySet())
            let other = try next.rs256(next.claims())
            try await eventually("the new file is read") { await accepts(other, verifier) }
            #expect(await !accepts(token, verifier))
        }
    }

    @Test func aFileThatStaysMalformedIsToldOnce() async throws {
        let verifier = try await verifier()
        try await running(verifier) {
            try Data("{}".utf8).write(to: file, options: .atomic)
            try await eventually("it is told") { !lines.withLock { $0.isEmpty } }
            try await Task.sleep(for: .milliseconds(50))
            #expect(lines.withLock { $0.count { $0.contains("has no list `keys`") } } == 1)
        }
    }

    @Test(
        arguments: [
            (["kty": "RSA", "n": "!!", "e": "AQAB"], "`n` is no number in base64url"),
            (["kty": "RSA", "e": "AQAB"], "`n` is no number in base64url"),
            (["kty": "RSA", "n": Self.number(0xC3, 128), "e": "AQAB"], "1024 bits"),
            (["kty": "RSA", "n": Self.number(0x43, 256), "e": "AQAB"], "2047 bits"),
            (["kty": "RSA", "n": Self.number(0xC3, 256), "e": "AQ"], "are no RS256 key"),
            (["kty": "RSA", "n": Self.number(0xC3, 256)], "`e` is no number in base64url"),
            (["kty": "EC", "crv": "P-256", "x": Self.number(1, 32), "y": Self.number(1, 32)], "are no ES256 key"),
            (["kty": "EC", "crv": "P-256", "x": "AA", "y": 7], "`y` is no number in base64url"),
        ] as [(JSONValue, String)])
    func oneBadEntryIsLeftOutAndTheRestIsApplied(_ entry: JSONValue, _ reason: String) async throws {
        let verifier = try await verifier()
        let lost = try maker.rs256(maker.claims())
        var bad = entry
        bad["kid"] = "bad-1"
        // The RSA key is taken away in the same change.
        let kept = try maker.keySet()["keys"]?[1] ?? .null
        try write(["keys": [bad, kept]])
        #expect(try await verifier.reload())
        #expect(await !accepts(lost, verifier))
        #expect(await accepts(try maker.es256(maker.claims()), verifier))
        let told = lines.withLock { $0 }
        #expect(told.count == 1)
        #expect(told.first?.contains("kid=bad-1") == true && told.first?.contains(reason) == true, "\(told)")
    }

    @Test func aNameThatIsNoTextDoesNotMakeAKeyForAllNames() async throws {
        var entry = try maker.keySet()["keys"]?[0] ?? .null
        entry["kid"] = 7
        try write(["keys": [entry, try maker.keySet()["keys"]?[1] ?? .null]])
        let verifier = try await verifier()
        #expect(await !accepts(try maker.rs256(maker.claims()), verifier))
        #expect(lines.withLock { $0.first?.contains("`kid` is no text") == true })
    }

    @Test func ofTwoKeysWithOneNameTheFirstCounts() async throws {
        let other = try TokenMaker(now: maker.now)
        try write(maker.keySet([try other.keySet()["keys"]?[0] ?? .null]))
        let verifier = try await verifier()
        #expect(await accepts(try maker.rs256(maker.claims()), verifier))
        #expect(await !accepts(try other.rs256(other.claims()), verifier))
        let told = lines.withLock { $0 }
        #expect(told.count == 1)
        #expect(told.first?.contains("kid=rsa") == true && told.first?.contains("the same `kid`") == true, "\(told)")
    }

    @Test func ofTwoKeysWithoutANameTheFirstCounts() async throws {
        let others = try [TokenMaker(now: maker.now), TokenMaker(now: maker.now)]
        let unnamed = try others.map { other -> JSONValue in
            var key = try other.keySet()["keys"]?[0] ?? .null
            key["kid"] = nil
            return key
        }
        try write(["keys": .array(unnamed)])
        let verifier = try await verifier()
        for header: JSONValue in [["alg": "RS256"], ["alg": "RS256", "kid": "any"]] {
            #expect(await accepts(try others[0].rs256(others[0].claims(), header: header), verifier))
            #expect(await !accepts(try others[1].rs256(others[1].claims(), header: header), verifier))
        }
        #expect(lines.withLock { $0.count == 1 && $0[0].contains("or none") })
    }

    @Test func aKeyWithoutANameDoesNotHideThoseThatHaveOne() async throws {
        let other = try TokenMaker(now: maker.now)
        var unnamed = try other.keySet()["keys"]?[0]?.objectValue ?? [:]
        unnamed["kid"] = nil
        try write(maker.keySet([.object(unnamed)]))
        let verifier = try await verifier()
        #expect(await accepts(try maker.rs256(maker.claims()), verifier))
        #expect(await accepts(try other.rs256(other.claims(), header: ["alg": "RS256", "kid": "new"]), verifier))
        #expect(await !accepts(try other.rs256(other.claims()), verifier), "its name is the one of another key")
        #expect(await !accepts(try maker.rs256(maker.claims(), header: ["alg": "RS256"]), verifier), "either is meant")
        #expect(lines.withLock { $0.isEmpty })
    }

    @Test func aStartWithoutAUsableKeyIsRefusedAndEachKeyIsTold() async throws {
        let bad: JSONValue = ["kty": "RSA", "kid": "bad-1", "n": "!!", "e": "AQAB"]
        for keys: JSONValue in [["keys": []], ["keys": [bad]]] {
            try write(keys)
            await #expect(throws: HearthError.self) { try await verifier() }
        }
        #expect(lines.withLock { $0.count == 1 && $0[0].contains("kid=bad-1") })
    }
}

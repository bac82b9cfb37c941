import HTTPTypes
import HearthCore
import HearthDoors
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

/// Who comes in, by what is shown.
@Suite struct AccessPolicyTests {
    private let policy = AccessPolicy(settingsKey: Secret("secret"))

    private func head(_ path: String, key: String? = nil, origin: String? = nil) -> HTTPRequest {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "127.0.0.1", path: path)
        if let key { head.headerFields[.authorization] = "Bearer \(key)" }
        if let origin { head.headerFields[.origin] = origin }
        return head
    }

    private func refusal(
        _ policy: AccessPolicy, _ head: HTTPRequest, isOptional: Bool = false
    ) async -> HearthError.Code? {
        do {
            _ = try await policy.caller(of: head, isOptional: isOptional)
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    @Test func theKeyOfTheSettingsOpensEverything() async throws {
        for path in ["/api/projects", "/predict"] {
            let principal = try await policy.caller(of: head(path, key: "secret")).principal
            #expect(principal.permission == .operate)
            #expect(principal.tenant == .local)
        }
    }

    @Test(arguments: ["X-API-Key", "X-Chroma-Token"])
    func theKeyMayComeInOtherHeaders(name: String) async throws {
        let field = try #require(HTTPField.Name(name))
        var request = head("/api/v2/version")
        for value in ["secret", "Bearer secret"] {
            request.headerFields[field] = value
            #expect(try await policy.caller(of: request).principal.permission == .operate)
        }
        for value in ["guess", "Bearer guess", "Bearer", ""] {
            request.headerFields[field] = value
            #expect(await refusal(policy, request) == .unauthorized, "\(value)")
        }
    }

    @Test(arguments: ["Bearer", "Bearer ", "Basic c2VjcmV0", "secret", "Bearer secret2", "Bearer sec", "Bearer SECRET"])
    func anythingElseInItsPlaceIsRefused(_ value: String) async {
        var request = head("/api/projects")
        request.headerFields[.authorization] = value
        #expect(await refusal(policy, request) == .unauthorized)
    }

    @Test func whereTheKeyIsOptionalARequestWithoutOneMayRead() async throws {
        #expect(try await policy.caller(of: head("/predict"), isOptional: true).principal.permission == .read)
        #expect(await refusal(policy, head("/predict")) == .unauthorized, "and nowhere else")
    }

    @Test func callersWithoutAKeyShareOneRate() async throws {
        var isShared = false
        // A token comes back each millisecond, so it may take more than two callers to see that they share.
        for _ in 0..<10_000 where !isShared {
            let rate = try #require(try await policy.caller(of: head("/predict"), isOptional: true).rate)
            #expect(rate.isGranted && rate.limit == Limits.keyBurst)
            isShared = rate.remaining < Limits.keyBurst - 1
        }
        #expect(isShared, "one caller takes from what the others have")
        #expect(try await policy.caller(of: head("/x", key: "secret"), isOptional: true).rate == nil)
    }

    @Test func aWrongKeyIsRefusedWhereItIsOptionalToo() async {
        #expect(await refusal(policy, head("/predict", key: "guess"), isOptional: true) == .unauthorized)
    }

    @Test func pagesOfOtherSitesAreRefusedWhereTheKeyIsOptionalToo() async {
        let page = head("/predict", origin: "https://evil.example")
        #expect(await refusal(policy, page, isOptional: true) == .forbidden)
    }

    // MARK: Made keys

    /// A policy over a store of its own, and a way to make keys in it.
    private struct Bench {
        let folder: TemporaryFolder
        let policy: AccessPolicy
        let registry: OperationRegistry

        init(settingsKey: Secret? = nil) async throws {
            folder = try TemporaryFolder(.memory)
            let (store, clock) = (try SQLiteStore(path: folder.file("keys.db")), ManualClock())
            try await Migrator(KeyTable.migrations).run(store, now: 0)
            let keyring = Keyring(store: store, clock: clock, logger: DoorServer.quiet)
            policy = AccessPolicy(settingsKey: settingsKey, keyring: keyring)
            registry = try OperationRegistry(KeyOperations(store: store, clock: clock, keyring: keyring).all())
        }

        func call(_ verb: String, _ input: JSONValue) async throws -> JSONValue {
            let operation = try #require(registry["identity.keys.\(verb)"])
            return try await registry.call(
                operation, input: input,
                context: OperationContext(
                    principal: .local, requestID: "r", deadline: .now + .seconds(60), logger: DoorServer.quiet))
        }
    }

    @Test func withoutAnyKeyTheUserOfThisMachineIsTrusted() async throws {
        let bench = try await Bench()
        for request in [head("/api/projects"), head("/api/projects", key: "sk-anything"), head("/x", key: "hk_old")] {
            let principal = try await bench.policy.caller(of: request).principal
            #expect(principal.permission == .operate)
            #expect(principal.keyID == nil)
        }
    }

    @Test func theFirstKeyClosesTheServer() async throws {
        let bench = try await Bench()
        let made = try await bench.call("create", ["name": "a", "permission": "write", "tenant": "shop"])
        #expect(await refusal(bench.policy, head("/api/projects")) == .unauthorized)
        #expect(await refusal(bench.policy, head("/api/projects", key: "hk_guess")) == .unauthorized)
        let principal = try await bench.policy.caller(
            of: head("/api/projects", key: made["secret"]?.stringValue ?? "")
        ).principal
        #expect(principal.permission == .write)
        #expect(principal.tenant.rawValue == "shop")
        #expect(principal.keyID == made["key"]?["key_id"]?.stringValue)
    }

    @Test func theServerStaysClosedWhenItsLastKeyWasRevoked() async throws {
        let bench = try await Bench()
        let made = try await bench.call("create", ["name": "a", "permission": "read"])
        let secret = try #require(made["secret"]?.stringValue)
        _ = try await bench.call("revoke", ["key_id": made["key"]?["key_id"] ?? .null])
        #expect(await refusal(bench.policy, head("/api/projects", key: secret)) == .unauthorized)
        #expect(await refusal(bench.policy, head("/api/projects")) == .unauthorized)
    }

    @Test func aKeysRequestsAreCountedAndTheOperatorsAreNot() async throws {
        let bench = try await Bench(settingsKey: Secret("secret"))
        let made = try await bench.call(
            "create", ["name": "a", "permission": "read", "limits": ["burst": 2, "requests_per_second": 0.001]])
        let secret = try #require(made["secret"]?.stringValue)
        var rates: [TokenBucket.Answer?] = []
        for _ in 0..<3 { rates.append(try await bench.policy.caller(of: head("/x", key: secret)).rate) }
        #expect(rates.map { $0?.isGranted } == [true, true, false])
        #expect(rates.map { $0?.remaining } == [1, 0, 0])
        #expect(rates.allSatisfy { $0?.limit == 2 })
        #expect(try await bench.policy.caller(of: head("/x", key: "secret")).rate == nil)
    }
}

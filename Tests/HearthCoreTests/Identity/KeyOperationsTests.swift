import Foundation
import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

/// Keys from their making to their end, through the operations that everyone uses.
@Suite struct KeyOperationsTests {
    private func refusal<Value>(_ body: () async throws -> Value) async -> HearthError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    @Test func aKeyIsShownOnceAndOpensWhatItGrants() async throws {
        let bench = try await KeyBench()
        let answer = try await bench.call(
            "create", ["name": "shop", "permission": "write", "tenant": "shop", "limits": ["burst": 3]])
        let secret = try #require(answer["secret"]?.stringValue)
        #expect(secret.hasPrefix("hk_"))
        #expect(secret.utf8.count == 46, "256 bits in base64url after the prefix")
        let principal = try bench.keyring.credential(showing: secret).principal
        #expect(principal.tenant.rawValue == "shop")
        #expect(principal.permission == .write)
        #expect(principal.limits == KeyLimits(burst: 3))
        #expect(principal.keyID == answer["key"]?["key_id"]?.stringValue)
        let list = try await bench.call("list", [:])
        #expect(list["items"]?.arrayValue?.count == 1)
        #expect(!list.encodedText().contains(secret))
        #expect(list["items"]?[0]?["start"]?.stringValue == String(secret.prefix(9)))
    }

    @Test func keysOfALimitedKeyCountAgainstItsLimitsToo() async throws {
        let bench = try await KeyBench()
        let limits = KeyLimits(requestsPerSecond: 5, burst: 5)
        let admin = try await bench.call(
            "create",
            ["name": "a", "permission": "admin", "tenant": "shop", "limits": ["requests_per_second": 5, "burst": 5]])
        var caller = try bench.keyring.credential(showing: admin["secret"]?.stringValue ?? "").principal
        #expect(caller.makers.isEmpty, "who operates the server has no limit to share")
        for depth in 1...Limits.keyMakers {
            let child = try await bench.call("create", ["name": "b", "permission": "admin"], as: caller)
            #expect(child["key"]?["makers"] == nil)
            let made = try bench.keyring.credential(showing: child["secret"]?.stringValue ?? "").principal
            #expect(made.makers == caller.makers + [KeyMaker(keyID: caller.keyID ?? "", limits: limits)])
            #expect(made.makers.count == depth)
            caller = made
        }
        #expect(
            await refusal { try await bench.call("create", ["name": "c", "permission": "read"], as: caller) }
                == .conflict)
        let free = KeyBench.admin(of: "shop")
        let child = try await bench.call("create", ["name": "d", "permission": "read"], as: free)
        let made = try bench.keyring.credential(showing: child["secret"]?.stringValue ?? "").principal
        #expect(made.makers.isEmpty, "a key without limits of its own shares only the tenant's")
    }

    @Test func aKeyThatIsCommittedIsAnsweredThoughItCannotBeReadBack() async throws {
        let bench = try await KeyBench()
        let blind = Keyring(
            store: FailingStore(bench.store, readFails: { true }, writeFault: { nil }), clock: bench.clock,
            logger: .quiet)
        let registry = try OperationRegistry(
            KeyOperations(store: bench.store, clock: bench.clock, keyring: blind).all())
        let operation = try #require(registry["identity.keys.create"])
        let answer = try await registry.call(
            operation, input: ["name": "a", "permission": "read"],
            context: OperationContext(
                principal: .local, requestID: "r", deadline: .now + .seconds(60), logger: .quiet))
        try await bench.keyring.refresh()
        _ = try bench.keyring.credential(showing: answer["secret"]?.stringValue ?? "")
    }

    @Test func noSecretIsInTheDataFolder() async throws {
        let bench = try await KeyBench()
        let secret = try await bench.make().secret
        let random = Data(secret.dropFirst(3).utf8)
        for name in try FileManager.default.contentsOfDirectory(atPath: bench.folder.path) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.folder.file(name)))
            #expect(bytes.range(of: random) == nil, "\(name)")
        }
    }

    @Test func twoSecretsAreNeverTheSame() {
        #expect(Set((0..<1_000).map { _ in KeySecret.make().revealed }).count == 1_000)
    }

    @Test func aRevokedKeyOpensNothingAtOnce() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make()
        _ = try bench.keyring.credential(showing: key.secret).principal
        let answer = try await bench.call("revoke", ["key_id": .string(key.id)])
        #expect(answer["revoked_at"] != nil)
        #expect(await refusal { try bench.keyring.credential(showing: key.secret).principal } == .unauthorized)
        #expect(bench.keyring.isInUse, "the last key's end does not let everyone in")
        #expect(!bench.keyring.hasUsableKey)
        #expect(await refusal { try await bench.call("rotate", ["key_id": .string(key.id)]) } == .conflict)
    }

    /// A store on a full disk: it takes only what frees space.
    private struct FullStore: Store {
        let store: any Store

        func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
            try await store.read(body)
        }

        func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
            throw HearthError(.insufficientStorage, "The disk is full.")
        }

        func remove<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
            try await store.remove(body)
        }
    }

    @Test func aKeyCanBeRevokedOnAFullDisk() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make()
        let registry = try OperationRegistry(
            KeyOperations(store: FullStore(store: bench.store), clock: bench.clock, keyring: bench.keyring).all())
        func call(_ verb: String, _ input: JSONValue) async throws {
            let operation = try #require(registry["identity.keys.\(verb)"])
            _ = try await registry.call(
                operation, input: input,
                context: OperationContext(
                    principal: .local, requestID: "r", deadline: .now + .seconds(60), logger: .quiet))
        }
        #expect(
            await refusal { try await call("create", ["name": "b", "permission": "read"]) } == .insufficientStorage)
        try await call("revoke", ["key_id": .string(key.id)])
        #expect(await refusal { try bench.keyring.credential(showing: key.secret).principal } == .unauthorized)
    }

    @Test func aRevokedKeyOpensNothingThoughItsRowCannotBeReadBack() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make()
        let isBlind = Locked(false)
        let keyring = Keyring(
            store: FailingStore(bench.store, readFails: { isBlind.withLock { $0 } }, writeFault: { nil }),
            clock: bench.clock, logger: .quiet)
        try await keyring.refresh()
        _ = try keyring.credential(showing: key.secret)
        isBlind.withLock { $0 = true }
        let registry = try OperationRegistry(
            KeyOperations(store: bench.store, clock: bench.clock, keyring: keyring).all())
        let operation = try #require(registry["identity.keys.revoke"])
        _ = try await registry.call(
            operation, input: ["key_id": .string(key.id)],
            context: OperationContext(
                principal: .local, requestID: "r", deadline: .now + .seconds(60), logger: .quiet))
        #expect(await refusal { try keyring.credential(showing: key.secret).principal } == .unauthorized)
    }

    @Test func aKeyEndsWhenItExpires() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make("read", ["expires_in_seconds": 60])
        bench.clock.advance(by: .milliseconds(59_999))
        _ = try bench.keyring.credential(showing: key.secret).principal
        bench.clock.advance(by: .milliseconds(1))
        #expect(await refusal { try bench.keyring.credential(showing: key.secret).principal } == .unauthorized)
        #expect(await refusal { try await bench.call("rotate", ["key_id": .string(key.id)]) } == .conflict)
        let renewed = try await bench.call("rotate", ["key_id": .string(key.id), "expires_in_seconds": 60])
        _ = try bench.keyring.credential(showing: renewed["secret"]?.stringValue ?? "").principal
    }

    @Test func bothSecretsOfARotatedKeyWorkUntilTheOverlapEnds() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make("write", tenant: "shop")
        let answer = try await bench.call("rotate", ["key_id": .string(key.id), "overlap_seconds": 10])
        let fresh = try #require(answer["secret"]?.stringValue)
        #expect(fresh != key.secret)
        bench.clock.advance(by: .milliseconds(9_999))
        for secret in [key.secret, fresh] {
            #expect(try bench.keyring.credential(showing: secret).principal.keyID == key.id)
        }
        bench.clock.advance(by: .milliseconds(1))
        #expect(await refusal { try bench.keyring.credential(showing: key.secret).principal } == .unauthorized)
        _ = try bench.keyring.credential(showing: fresh).principal
    }

    @Test func aSecondRotationEndsTheOldestSecret() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make()
        let second = try await bench.call("rotate", ["key_id": .string(key.id)])["secret"]?.stringValue ?? ""
        let third = try await bench.call("rotate", ["key_id": .string(key.id)])["secret"]?.stringValue ?? ""
        #expect(await refusal { try bench.keyring.credential(showing: key.secret).principal } == .unauthorized)
        for secret in [second, third] { _ = try bench.keyring.credential(showing: secret).principal }
    }

    @Test func anAdministratorOfATenantSeesItsOwnKeysOnly() async throws {
        let bench = try await KeyBench()
        let (own, other) = (try await bench.make(tenant: "shop"), try await bench.make(tenant: "studio"))
        let admin = KeyBench.admin(of: "shop")
        let list = try await bench.call("list", [:], as: admin)
        #expect(list["items"]?.arrayValue?.compactMap { $0["key_id"]?.stringValue } == [own.id])
        for verb in ["rotate", "revoke"] {
            #expect(await refusal { try await bench.call(verb, ["key_id": .string(other.id)], as: admin) } == .notFound)
        }
        _ = try bench.keyring.credential(showing: other.secret).principal
        let draft: JSONValue = ["name": "b", "permission": "admin"]
        var foreign = draft
        foreign["tenant"] = "studio"
        #expect(await refusal { try await bench.call("create", foreign, as: admin) } == .forbidden)
        #expect(await refusal { try await bench.call("list", ["tenant": "studio"], as: admin) } == .forbidden)
        let made = try await bench.call("create", draft, as: admin)
        #expect(made["key"]?["tenant"] == "shop")
        #expect(try bench.keyring.credential(showing: made["secret"]?.stringValue ?? "").principal.permission == .admin)
    }

    @Test func onlyAnAdministratorOfTheServersOwnTenantOperatesIt() async throws {
        let bench = try await KeyBench()
        let (local, other) = (try await bench.make("admin"), try await bench.make("admin", tenant: "shop"))
        #expect(try bench.keyring.credential(showing: local.secret).principal.permission == .operate)
        #expect(try bench.keyring.credential(showing: other.secret).principal.permission == .admin)
        #expect(await refusal { try await bench.make("operate") } == .invalidRequest)
    }

    @Test(arguments: [Permission.read, .write])
    func whoMayNotAdministerMakesNoKeys(_ permission: Permission) async throws {
        let bench = try await KeyBench()
        let caller = Principal(tenant: .local, permission: permission)
        let inputs: [(String, JSONValue)] = [
            ("create", ["name": "a", "permission": "read"]), ("list", [:]), ("rotate", ["key_id": "k"]),
            ("revoke", ["key_id": "k"]),
        ]
        for (verb, input) in inputs {
            #expect(await refusal { try await bench.call(verb, input, as: caller) } == .forbidden, "\(verb)")
        }
    }

    @Test(
        arguments: [
            ["permission": "read"], ["name": "a"], ["name": "", "permission": "read"],
            ["name": "a", "permission": "root"], ["name": "a", "permission": "read", "tenant": "../b"],
            ["name": "a", "permission": "read", "tenant": ""], ["name": "a", "permission": "read", "tenant": "-b"],
            ["name": "a", "permission": "read", "expires_in_seconds": 0],
            ["name": "a", "permission": "read", "expires_in_seconds": 9_000_000_000_000_000_000],
            ["name": "a", "permission": "read", "limits": ["burst": 0]],
            ["name": "a", "permission": "read", "limits": ["requests_per_second": -1]],
        ] as [JSONValue])
    func aBadDraftIsRefused(_ draft: JSONValue) async throws {
        let bench = try await KeyBench()
        #expect(await refusal { try await bench.call("create", draft) } == .invalidRequest)
        #expect(!bench.keyring.isInUse)
    }

    @Test func aMisspeltFieldIsRefusedInsteadOfMakingAKeyWithoutAnEnd() async throws {
        let bench = try await KeyBench()
        let drafts: [(JSONValue, String, String)] = [
            (["name": "a", "permission": "read", "expires_in": 60], "`expires_in`", "`expires_in_seconds`"),
            (["name": "a", "permission": "read", "limits": ["burts": 1]], "`limits.burts`", "`burst`"),
        ]
        for (draft, unknown, meant) in drafts {
            let error = await #expect(throws: HearthError.self) { try await bench.call("create", draft) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains(unknown) == true, "\(error?.message ?? "")")
            #expect(error?.hint?.hasPrefix("Did you mean \(meant)?") == true, "\(error?.hint ?? "")")
        }
        #expect(!bench.keyring.isInUse, "no key was made")
    }

    @Test func aKeyGivesNoHigherRateThanItsOwn() async throws {
        let bench = try await KeyBench()
        let slow = KeyBench.admin(of: "shop", limits: KeyLimits(requestsPerSecond: 5, burst: 20))
        let larger: [JSONValue] = [
            ["requests_per_second": 6], ["burst": 21], ["requests_per_second": 1, "burst": 21],
            ["requests_per_second": 1_000, "burst": 2_000],
        ]
        for limits in larger {
            let draft: JSONValue = ["name": "a", "permission": "read", "limits": limits]
            #expect(await refusal { try await bench.call("create", draft, as: slow) } == .forbidden, "\(limits)")
        }
        let equal = try await bench.call("create", ["name": "a", "permission": "admin"], as: slow)
        #expect(equal["key"]?["limits"] == ["requests_per_second": 5.0, "burst": 20], "it gets those of its maker")
        let slower: JSONValue = ["name": "a", "permission": "read", "limits": ["requests_per_second": 1]]
        #expect(
            try await bench.call("create", slower, as: slow)["key"]?["limits"]
                == ["requests_per_second": 1.0, "burst": 20])
        let usual = KeyBench.admin(of: "shop")
        let fast: JSONValue = ["name": "a", "permission": "read", "limits": ["requests_per_second": 1_001]]
        #expect(
            await refusal { try await bench.call("create", fast, as: usual) } == .forbidden, "the default is a rate")
    }

    @Test func aKeyTakesNoFasterKeyOverByRotatingIt() async throws {
        let bench = try await KeyBench()
        let other = try await bench.make("admin", tenant: "shop")
        let slow = KeyBench.admin(of: "shop", limits: KeyLimits(requestsPerSecond: 5))
        #expect(await refusal { try await bench.call("rotate", ["key_id": .string(other.id)], as: slow) } == .forbidden)
        _ = try bench.keyring.credential(showing: other.secret)
        try await bench.call("revoke", ["key_id": .string(other.id)], as: slow)
    }

    @Test func theOperatorGivesAnyRate() async throws {
        let bench = try await KeyBench()
        let fast: JSONValue = ["limits": ["requests_per_second": 100_000]]
        let made = try await bench.make("read", fast)
        #expect(try bench.keyring.credential(showing: made.secret).principal.limits.requestsPerSecond == 100_000)
    }

    @Test func listsComeInPages() async throws {
        let bench = try await KeyBench()
        var made: [String] = []
        for _ in 0..<5 { made.insert(try await bench.make().id, at: 0) }
        var (seen, cursor): ([String], String?) = ([], nil)
        repeat {
            var input: JSONValue = ["limit": 2]
            if let cursor { input["cursor"] = .string(cursor) }
            let page = try await bench.call("list", input)
            seen += page["items"]?.arrayValue?.compactMap { $0["key_id"]?.stringValue } ?? []
            cursor = page["next_cursor"]?.stringValue
        } while cursor != nil
        #expect(seen == made)
        #expect(await refusal { try await bench.call("list", ["cursor": "' OR 1=1"]) } == .invalidRequest)
    }

    @Test func aTenantWithAllTheKeysThatItMayHaveTakesNoneFromOthers() async throws {
        let bench = try await KeyBench()
        var last = ""
        for _ in 0..<Limits.keysOfTenant { last = try await bench.make(tenant: "shop").id }
        #expect(await refusal { try await bench.make(tenant: "shop") } == .conflict)
        let studio = KeyBench.admin(of: "studio")
        try await bench.call("create", ["name": "a", "permission": "read"], as: studio)
        try await bench.call("revoke", ["key_id": .string(last)])
        _ = try await bench.make(tenant: "shop", ["expires_in_seconds": 60])
        #expect(await refusal { try await bench.make(tenant: "shop") } == .conflict)
        bench.clock.advance(by: .seconds(60))
        _ = try await bench.make(tenant: "shop")
    }

    @Test func anExpiredKeyIsNotRenewedBeyondWhatTheTenantMayHave() async throws {
        let bench = try await KeyBench()
        let expiring = try await bench.make(tenant: "shop", ["expires_in_seconds": 60])
        bench.clock.advance(by: .seconds(60))
        for _ in 0..<Limits.keysOfTenant { _ = try await bench.make(tenant: "shop") }
        let renewal: JSONValue = ["key_id": .string(expiring.id), "expires_in_seconds": 60]
        #expect(await refusal { try await bench.call("rotate", renewal) } == .conflict)
    }

    @Test func keysThatHaveEndedAreKeptInABoundedNumber() async throws {
        let bench = try await KeyBench()
        for _ in 0..<Limits.endedKeysOfTenant + 20 {
            let key = try await bench.make(tenant: "shop")
            try await bench.call("revoke", ["key_id": .string(key.id)])
        }
        let rows = try await bench.store.read { db in try db.query("SELECT id FROM api_keys").count }
        #expect(rows == Limits.endedKeysOfTenant + 1)
        #expect(!bench.keyring.hasUsableKey)
    }

    @Test func keysThatEndedLongAgoAreNotListed() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make(tenant: "shop")
        try await bench.call("revoke", ["key_id": .string(key.id)])
        #expect(try await bench.call("list", [:])["items"]?.arrayValue?.count == 1)
        bench.clock.advance(by: Limits.keyHistory + .seconds(1))
        #expect(try await bench.call("list", [:])["items"]?.arrayValue?.count == 0)
    }

    @Test func keysThatEndedLongAgoAreForgottenAndStillNobodyComesInWithoutOne() async throws {
        let bench = try await KeyBench()
        let key = try await bench.make()
        try await bench.call("revoke", ["key_id": .string(key.id)])
        bench.clock.advance(by: Limits.keyHistory + .seconds(1))
        _ = try await bench.make()
        #expect(try await bench.call("list", [:])["items"]?.arrayValue?.count == 1)
        #expect(bench.keyring.isInUse)
    }
}

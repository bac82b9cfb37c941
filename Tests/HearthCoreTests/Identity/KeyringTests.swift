import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

/// The keys that a front holds in memory follow the rows, whoever changes those.
@Suite struct KeyringTests {
    @Test func withoutKeysNothingIsInUse() async throws {
        let bench = try await KeyBench()
        try await bench.keyring.refresh()
        #expect(!bench.keyring.isInUse)
        #expect(!bench.keyring.hasUsableKey)
        #expect(throws: HearthError.self) { try bench.keyring.principal(showing: "hk_guess") }
    }

    @Test func anotherFrontNoticesAtItsNextLook() async throws {
        let bench = try await KeyBench()
        let other = Keyring(store: bench.store, clock: bench.clock, logger: .quiet)
        let key = try await bench.make()
        #expect(!other.isInUse)
        try await other.refresh()
        #expect(try other.principal(showing: key.secret).keyID == key.id)
        try await bench.call("revoke", ["key_id": .string(key.id)])
        try await other.refresh()
        #expect(throws: HearthError.self) { try other.principal(showing: key.secret) }
    }

    @Test func keysStayKnownWhileTheStoreIsGone() async throws {
        let bench = try await KeyBench()
        let isGone = Locked(false)
        let store = FailingStore(bench.store, readFails: { isGone.withLock { $0 } }, writeFault: { nil })
        let keyring = Keyring(store: store, clock: bench.clock, logger: .quiet)
        let key = try await bench.make()
        try await keyring.refresh()
        isGone.withLock { $0 = true }
        await #expect(throws: (any Error).self) { try await keyring.refresh() }
        #expect(try keyring.principal(showing: key.secret).keyID == key.id)
    }

    @Test func theLastUseIsWrittenOnceForManyCalls() async throws {
        let bench = try await KeyBench()
        let (used, idle) = (try await bench.make(), try await bench.make())
        func lastUse(_ id: String) async throws -> Int64? {
            try await bench.store.read { db in try KeyTable().key(id, of: nil, in: db) }.lastUsedAt
        }
        for _ in 0..<3 {
            bench.clock.advance(by: .seconds(1))
            _ = try bench.keyring.principal(showing: used.secret)
        }
        #expect(try await lastUse(used.id) == nil, "a call costs no write")
        let version = try await bench.store.read { db in try KeyTable().version(in: db) }
        try await bench.keyring.writeUses()
        #expect(try await lastUse(used.id) == bench.clock.now())
        #expect(try await lastUse(idle.id) == nil)
        #expect(try await bench.store.read { db in try KeyTable().version(in: db) } == version)
    }
}

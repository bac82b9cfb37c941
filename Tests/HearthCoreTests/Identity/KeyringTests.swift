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
        #expect(throws: HearthError.self) { try bench.keyring.credential(showing: "hk_guess").principal }
    }

    @Test func anotherFrontNoticesAtItsNextLook() async throws {
        let bench = try await KeyBench()
        let other = Keyring(store: bench.store, clock: bench.clock, logger: .quiet)
        let key = try await bench.make()
        #expect(!other.isInUse)
        try await other.refresh()
        #expect(try other.credential(showing: key.secret).principal.keyID == key.id)
        try await bench.call("revoke", ["key_id": .string(key.id)])
        try await other.refresh()
        #expect(throws: HearthError.self) { try other.credential(showing: key.secret).principal }
    }

    @Test func onlyWhatHasChangedIsReadAgain() async throws {
        let bench = try await KeyBench()
        var keys: [(secret: String, id: String)] = []
        for _ in 0..<5 { keys.append(try await bench.make()) }
        let known = try await bench.store.read { db in try KeyTable().version(in: db) }
        try await bench.call("revoke", ["key_id": .string(keys[0].id)])
        try await bench.call("rotate", ["key_id": .string(keys[1].id)])
        let fresh = try await bench.make()
        let now = bench.clock.now()
        let change = try await bench.store.read { db in try KeyTable().change(since: known, in: db, now: now) }
        #expect(change?.isWhole == false)
        #expect(Set(change?.entries.map(\.key.keyID) ?? []) == [keys[0].id, keys[1].id, fresh.id])
        let version = try #require(change?.version)
        let none = try await bench.store.read { db in try KeyTable().change(since: version, in: db, now: now) }
        #expect(none == nil)
        let whole = try await bench.store.read { db in try KeyTable().change(since: 0, in: db, now: now) }
        #expect(whole?.isWhole == true)
        #expect(Set(whole?.entries.map(\.key.keyID) ?? []) == Set(keys.dropFirst().map(\.id) + [fresh.id]))
    }

    @Test func aFrontThatComesBackAfterTheRowOfARevokedKeyIsDeletedRefusesTheKey() async throws {
        let bench = try await KeyBench()
        let other = Keyring(store: bench.store, clock: bench.clock, logger: .quiet)
        let (ended, stays) = (try await bench.make(), try await bench.make())
        try await other.refresh()
        try await bench.call("revoke", ["key_id": .string(ended.id)])
        bench.clock.advance(by: Limits.keyHistory + .seconds(1))
        _ = try await bench.make()
        let rows = try await bench.store.read { db in try db.query("SELECT id FROM api_keys").count }
        #expect(rows == 2, "the row is gone")
        try await other.refresh()
        #expect(throws: HearthError.self) { try other.credential(showing: ended.secret) }
        _ = try other.credential(showing: stays.secret)
    }

    @Test func aCredentialIsAcceptedUntilItsKeyEnds() async throws {
        let bench = try await KeyBench()
        let (revoked, rotated) = (try await bench.make(), try await bench.make())
        let expiring = try await bench.make("read", ["expires_in_seconds": 60])
        let credentials = try [revoked, rotated, expiring].map { try bench.keyring.credential(showing: $0.secret) }
        #expect(credentials.map { $0.isStillAccepted() } == [true, true, true])
        try await bench.call("revoke", ["key_id": .string(revoked.id)])
        try await bench.call("rotate", ["key_id": .string(rotated.id), "overlap_seconds": 10])
        #expect(credentials.map { $0.isStillAccepted() } == [false, true, true])
        bench.clock.advance(by: .seconds(10))
        #expect(
            credentials.map { $0.isStillAccepted() } == [false, false, true], "the old secret is no longer accepted")
        bench.clock.advance(by: .seconds(50))
        #expect(credentials.map { $0.isStillAccepted() } == [false, false, false])
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
        #expect(try keyring.credential(showing: key.secret).principal.keyID == key.id)
    }

    @Test func theLastUseIsWrittenOnceForManyCalls() async throws {
        let bench = try await KeyBench()
        let (used, idle) = (try await bench.make(), try await bench.make())
        func lastUse(_ id: String) async throws -> Int64? {
            try await bench.store.read { db in try KeyTable().key(id, of: nil, in: db) }.lastUsedAt
        }
        for _ in 0..<3 {
            bench.clock.advance(by: .seconds(1))
            _ = try bench.keyring.credential(showing: used.secret).principal
        }
        #expect(try await lastUse(used.id) == nil, "a call costs no write")
        let version = try await bench.store.read { db in try KeyTable().version(in: db) }
        try await bench.keyring.writeUses()
        #expect(try await lastUse(used.id) == bench.clock.now())
        #expect(try await lastUse(idle.id) == nil)
        #expect(try await bench.store.read { db in try KeyTable().version(in: db) } == version)
    }
}

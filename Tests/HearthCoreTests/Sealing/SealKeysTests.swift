import Foundation
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthCore

/// What is sealed opens where it belongs, and nowhere else.
@Suite(.timeLimit(.minutes(1))) struct SealKeysTests {
    private let world: SealWorld

    init() async throws { world = try await SealWorld() }

    @Test func whatWasSealedOpensInItsPlaceOnly() async throws {
        let seals = world.start()
        let one = try await world.seal("one", by: seals)
        let other = try await world.seal("two", by: seals, scope: "client/2")
        #expect(try await world.open(one, by: seals) == "one")
        #expect(try await world.open(other, by: seals, scope: "client/2") == "two")
        #expect(await world.refusal(one, by: seals, scope: "client/2") == .sealBroken, "replayed in another scope")
        let moved = await #expect(throws: HearthError.self) {
            try await world.open(one, by: seals, context: "another row")
        }
        #expect(moved?.code == .sealBroken)
        #expect(await world.refusal(one, by: seals, scope: "client/3") == .keyDestroyed, "there is no such key")
        #expect(try await world.seal("one", by: seals) != one, "a nonce of its own each time")
    }

    @Test(arguments: RepeatableRandom.seeds(60)) func anyChangeIsFound(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let seals = world.start()
        let sealed = try await world.seal(String(repeating: "x", count: Int(seed)), by: seals)
        let damaged = random.damaged(sealed)
        guard damaged != sealed else { return }
        #expect(await world.refusal(damaged, by: seals) == .sealBroken)
        #expect(await world.refusal(Data(), by: seals) == .sealBroken)
    }

    @Test func aContextIsNotReadAsAnother() {
        #expect(SealContext.text("a", "bc") != SealContext.text("ab", "c"))
        #expect(SealContext.text("a", "") != SealContext.text("a"))
        #expect(SealContext.text("1:a", "b") != SealContext.text("1:a1:b"))
    }

    @Test func theFirstSealMakesTheMasterKeyForItsOwnerOnly() async throws {
        let seals = world.start()
        #expect(!FileManager.default.fileExists(atPath: world.masterPath))
        let sealed = try await world.seal("one", by: seals)
        var status = stat()
        for name in try FileManager.default.contentsOfDirectory(atPath: world.keys) {
            #expect(stat("\(world.keys)/\(name)", &status) == 0 && status.st_mode & 0o777 == 0o600, "\(name)")
        }
        #expect(stat(world.keys, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(try await world.open(sealed, by: world.start()) == "one", "after a start as well")
        let names = try FileManager.default.contentsOfDirectory(atPath: world.keys)
        #expect(names.count == 2, "nothing is left of writing them: \(names)")
    }

    @Test func keysAreNotInTheDatabase() async throws {
        let seals = world.start()
        let sealed = try await world.seal("a text that is long enough to be found", by: seals)
        var plain = PlainBytes()
        plain.add(Data("a text that is long enough to be found".utf8), picture: "text")
        let master = try String(contentsOfFile: world.masterPath, encoding: .utf8)
        plain.add(try #require(Data(base64Encoded: master)), picture: "master key")
        #expect(try await world.open(sealed, by: seals).hasPrefix("a text"))
        let found = try plain.found(below: world.folder.path)
        #expect(found == ["keys/master.key: master key, base64"], "where it belongs, and nowhere else")
    }

    @Test func aTransactionThatIsTakenBackTakesItsKeyBack() async throws {
        struct TakenBack: Error {}
        let (seals, store) = (world.start(), world.store)
        await #expect(throws: (any Error).self) {
            try await store.write { db in
                _ = try seals.seal(Data(), scope: "client/1", tenant: SealWorld.shop, context: "row", in: db)
                throw TakenBack()
            }
        }
        let sealed = try await world.seal("one", by: seals)
        #expect(try await world.open(sealed, by: world.start()) == "one")
    }

    @Test func aScopeBelongsToOneTenant() async throws {
        let (seals, store) = (world.start(), world.store)
        _ = try await world.seal("one", by: seals)
        await #expect(throws: HearthError.self) {
            try await store.write { db in
                try seals.seal(Data(), scope: "client/1", tenant: .local, context: "row", in: db)
            }
        }
    }

    @Test func aChangedRowOfAKeyOpensNothing() async throws {
        let sealed = try await world.seal("one", by: world.start())
        let other = try await world.seal("two", by: world.start(), scope: "client/2")
        try await world.store.write { db in
            // The key of one scope in the place of another's, with its half.
            let row = try SealKeyTable.row(of: "client/1", in: db)
            try db.execute("DELETE FROM seal_keys WHERE scope = 'client/1'")
            try db.execute(
                """
                UPDATE seal_keys SET half = \(row?.half ?? ""), wrapped = \(row?.wrapped ?? Data())
                WHERE scope = 'client/2'
                """)
        }
        #expect(await world.refusal(other, by: world.start(), scope: "client/2") == .sealBroken)
        #expect(await world.refusal(sealed, by: world.start()) == .keyDestroyed)
    }
}

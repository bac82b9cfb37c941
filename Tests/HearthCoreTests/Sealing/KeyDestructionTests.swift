import Foundation
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthCore

/// Destroying a key is what deletes sealed data from every copy of them.
@Suite(.timeLimit(.minutes(1))) struct KeyDestructionTests {
    private let world: SealWorld

    init() async throws { world = try await SealWorld() }

    @Test func whatWasSealedOpensNowhereAnyMore() async throws {
        let seals = world.start()
        let gone = try await world.seal("one", by: seals)
        let kept = try await world.seal("two", by: seals, scope: "client/2")
        #expect(try await world.destroy("client/1", by: seals))
        #expect(try await !world.destroy("client/1", by: seals), "once")
        for seals in [seals, world.start()] {
            #expect(await world.refusal(gone, by: seals) == .keyDestroyed)
            #expect(try await world.open(kept, by: seals, scope: "client/2") == "two")
        }
        let again = await #expect(throws: HearthError.self) { try await world.seal("three", by: seals) }
        #expect(again?.code == .keyDestroyed, "a scope is not used again")
    }

    @Test func aBackupOfTheDatabaseOpensNoneOfIt() async throws {
        let seals = world.start()
        let gone = try await world.seal("one", by: seals)
        let kept = try await world.seal("two", by: seals, scope: "client/2")
        let backup = world.folder.file("backup.db")
        try await world.store.read { db in _ = try db.query("SELECT 1") }
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: world.folder.file("hearth.db\(end)"), toPath: backup + end)
        }
        #expect(try await world.destroy("client/1", by: seals))
        let restored = try SQLiteStore(path: backup)
        let reader = SealKeys(
            store: restored, files: MasterKeyFiles(folder: world.keys), clock: world.clock)
        let opened = try await restored.read { db in try reader.open(kept, scope: "client/2", context: "row", in: db) }
        #expect(opened == Data("two".utf8), "the rest is there")
        let error = await #expect(throws: HearthError.self) {
            try await restored.read { db in try reader.open(gone, scope: "client/1", context: "row", in: db) }
        }
        #expect(error?.code == .keyDestroyed)
    }

    @Test func aDestructionThatIsTakenBackDestroysNothing() async throws {
        struct TakenBack: Error {}
        let (seals, store) = (world.start(), world.store)
        let sealed = try await world.seal("one", by: seals)
        await #expect(throws: (any Error).self) {
            try await store.write { db in
                _ = try seals.destroy(scope: "client/1", in: db)
                throw TakenBack()
            }
        }
        #expect(try await world.open(sealed, by: world.start()) == "one")
    }

    @Test func itNeedsNoMasterKey() async throws {
        let sealed = try await world.seal("one", by: world.start())
        try FileManager.default.removeItem(atPath: world.masterPath)
        #expect(try await world.destroy("client/1", by: world.start()))
        #expect(await world.refusal(sealed, by: world.start()) == .keyDestroyed)
        #expect(await world.start().trouble()?.code == .masterKeyMissing, "new keys would need it")
    }

    @Test func aHalfThatWasLeftIsRemovedAtTheNextStart() async throws {
        let seals = world.start()
        _ = try await world.seal("one", by: seals)
        _ = try await world.seal("two", by: seals, scope: "client/2")
        func halves() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: world.keys).filter { $0.hasSuffix(".half") }.sorted()
        }
        let row = try await world.store.read { db in try SealKeyTable.row(of: "client/1", in: db) }
        let path = "\(world.keys)/\(row?.half ?? "").half"
        let half = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try await world.destroy("client/1", by: seals))
        #expect(try halves().count == 1)
        // As if the server had been killed between the two.
        try half.write(to: URL(fileURLWithPath: path))
        try await world.start().recover()
        #expect(try halves().count == 1)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}

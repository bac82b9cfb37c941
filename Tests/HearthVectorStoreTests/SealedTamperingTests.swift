import Foundation
import HearthSQLite
import HearthTesting
import HearthVectors
import Logging
import Testing

@testable import HearthCore
@testable import HearthVectorStore

/// Rows and files of sealed collections that were changed, moved or cut off from their key.
@Suite(.timeLimit(.minutes(1))) struct SealedTamperingTests {
    private let world: SealedWorld
    private let records: [CollectionTable.Record]

    init() async throws {
        world = try await SealedWorld()
        var random = RepeatableRandom(seed: 1)
        records = world.records(0..<200, &random)
        let table = world.start().table
        try await world.upsert(records, by: table)
        let others = records.prefix(4).map {
            CollectionTable.Record(item: "other-\($0.item)", owner: "other", vector: $0.vector)
        }
        try await world.upsert(others, by: table, client: "two")
    }

    private func code(client: String = "one") async -> HearthError.Code? {
        do {
            _ = try await world.search(records[0].vector, by: world.start().collections, client: client)
            return nil
        } catch {
            return (error as? HearthError)?.code ?? "another"
        }
    }

    private func run(_ statements: SQL...) async throws {
        try await world.store.write { db in for statement in statements { try db.execute(statement) } }
    }

    @Test func aChangedVectorIsNotRead() async throws {
        try await run("UPDATE embeddings SET vector = CAST(vector || x'00' AS BLOB) WHERE item_id = 'template-7'")
        #expect(await code() == .sealBroken)
        #expect(await code(client: "two") == nil, "the other client's are")
    }

    @Test func vectorsOfTwoItemsCannotBeExchanged() async throws {
        try await run(
            """
            UPDATE embeddings SET vector = (SELECT e.vector FROM embeddings e WHERE e.item_id = 'template-8')
            WHERE item_id = 'template-7'
            """)
        #expect(await code() == .sealBroken)
    }

    @Test func aVectorCannotBeGivenToAnotherOwner() async throws {
        try await run("UPDATE embeddings SET owner_id = 'user-0' WHERE item_id = 'template-7'")
        #expect(await code() == .sealBroken)
    }

    @Test func attributesCannotBeExchanged() async throws {
        try await run(
            """
            UPDATE embeddings SET attributes = (SELECT e.attributes FROM embeddings e WHERE e.item_id = 'template-8')
            WHERE item_id = 'template-7'
            """)
        #expect(await code() == .sealBroken)
    }

    @Test func aRowOfAnotherScopeIsNotRead() async throws {
        try await run(
            "DELETE FROM embeddings WHERE item_id = 'template-0'",
            """
            UPDATE embeddings SET item_id = 'template-0', owner_id = 'user-0', version = 1,
              collection_id = (SELECT id FROM collections WHERE scope = 'faces/one')
            WHERE item_id = 'other-template-0'
            """)
        #expect(await code() == .sealBroken)
    }

    @Test(arguments: RepeatableRandom.seeds(30)) func aChangedFileIsMadeAgainFromTheRows(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let first = world.start().collections
        let before = try await world.search(records[9].vector, by: first)
        try await world.writeFile(isWhole: true, by: first)
        let collection = try #require(try await world.collection())
        let url = URL(fileURLWithPath: world.scans.file(of: collection.id))
        var bytes = try Data(contentsOf: url)
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        if random.chance(20) { bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)) }
        try bytes.write(to: url)
        #expect(try await world.search(records[9].vector, by: world.start().collections).matches == before.matches)
    }

    @Test func aFileOfAnotherCollectionOrAnOpenOneIsNotRead() async throws {
        let first = world.start().collections
        for client in ["one", "two"] { try await world.writeFile(isWhole: true, by: first, client: client) }
        let (one, two) = (
            try #require(try await world.collection()), try #require(try await world.collection("two"))
        )
        try FileManager.default.removeItem(atPath: world.scans.file(of: one.id))
        try FileManager.default.copyItem(atPath: world.scans.file(of: two.id), toPath: world.scans.file(of: one.id))
        #expect(try await world.search(records[9].vector, by: world.start().collections).compared == 200)
        // A file in clear with a right name, as a program would have written that knew of no seals.
        let index = ResidentIndex(name: one.id, dims: SealedWorld.dims, metric: .cosine)
        index.version = one.version
        let plan = try SegmentPlan(index, isWhole: true)
        _ = try plan.write(to: world.scans.file(of: one.id), aside: world.scans.aside(of: one.id))
        #expect(try await world.search(records[9].vector, by: world.start().collections).compared == 200)
    }

    @Test func withoutTheMasterKeyNothingIsReadAndNothingIsLost() async throws {
        let first = world.start().collections
        try await world.writeFile(isWhole: true, by: first)
        let before = try await world.search(records[9].vector, by: first)
        let collection = try #require(try await world.collection())
        try FileManager.default.moveItem(atPath: world.master, toPath: world.folder.file("kept"))
        #expect(await code() == .masterKeyMissing)
        #expect(try world.scans.has(collection.id), "its file stays")
        try Data(MasterKey().text.revealed.utf8).write(to: URL(fileURLWithPath: world.master))
        #expect(chmod(world.master, 0o600) == 0)
        #expect(await code() == .masterKeyWrong)
        try FileManager.default.removeItem(atPath: world.master)
        try FileManager.default.moveItem(atPath: world.folder.file("kept"), toPath: world.master)
        #expect(try await world.search(records[9].vector, by: world.start().collections).matches == before.matches)
    }

    @Test func whatWasRemovedLeavesTheDiskAlsoWithoutTheMasterKey() async throws {
        let first = world.start()
        try await world.writeFile(isWhole: true, by: first.collections)
        let collection = try #require(try await world.collection())
        try await world.remove(["template-4"], by: first.table)
        try FileManager.default.moveItem(atPath: world.master, toPath: world.folder.file("kept"))
        let upkeep = CollectionUpkeep(collections: world.start().collections, folder: world.scans, logger: .quiet)
        await upkeep.maintain(sweeps: false, now: 0)
        await upkeep.maintain(sweeps: false, now: (Limits.erasureDelay.milliseconds + 1) * 1_000_000)
        #expect(try !world.scans.has(collection.id))
        try FileManager.default.moveItem(atPath: world.folder.file("kept"), toPath: world.master)
        #expect(try await world.search(records[9].vector, by: world.start().collections).compared == 199)
    }

    @Test func aDestroyedKeyEndsTheCollection() async throws {
        let first = world.start()
        try await world.writeFile(isWhole: true, by: first.collections)
        let seals = try #require(first.table.seals)
        #expect(try await world.store.write { db in try seals.destroy(scope: "client/one", in: db) })
        #expect(await code() == .keyDestroyed)
        #expect(await code(client: "two") == nil)
    }
}

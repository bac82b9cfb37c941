import Foundation
import HearthSQLite
import HearthTesting
import HearthVectors
import Logging
import Testing

@testable import HearthCore
@testable import HearthVectorStore

/// A sealed collection answers as any other, and nothing of it is on the disk in clear.
@Suite(.timeLimit(.minutes(3))) struct SealedCollectionTests {
    private let world: SealedWorld
    private let far: Int64 = 1 << 60

    init() async throws { world = try await SealedWorld() }

    @Test(arguments: RepeatableRandom.seeds(4))
    func searchAgreesWithAPlainListWhateverHappens(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        var oracle = ExactIndex(dims: SealedWorld.dims)
        var plain = PlainBytes()
        var (table, searcher) = world.start()
        for step in 0..<50 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: (table, searcher) = world.start(budget: random.chance(50) ? 1 : Limits.collectionBytes)
            case 1, 2: try await world.writeFile(isWhole: random.chance(40), by: searcher)
            case 3:
                await CollectionUpkeep(collections: searcher, folder: world.scans, logger: .quiet)
                    .maintain(sweeps: true, now: far + Int64(step) << 40)
            case 4, 5:
                let items = (0..<3).map { _ in "template-\(Int.random(in: 0..<40, using: &random))" }
                try await world.remove(items, by: table)
                for item in items { oracle.remove(item: item) }
            case 6:
                let item = "template-\(Int.random(in: 0..<40, using: &random))"
                let vector = try await world.store.read { [table] db in
                    try table.vectors(of: [item], in: SealedWorld.space(), in: db)[item]
                }
                guard let known = vector else { break }
                try await world.store.write { [table] db in
                    try table.change(items: [item], owner: "user-x", attributes: ["n": .number(2)], in: db)
                }
                oracle.upsert(
                    item: item, owner: "user-x", vector: VectorMetric.cosine.prepared(known),
                    attributes: ["n": .number(2)])
            default:
                let first = Int.random(in: 0..<40, using: &random)
                let records = world.records(first..<first + 3, &random)
                try await world.upsert(records, by: table)
                for record in records {
                    let vector = VectorMetric.cosine.prepared(record.vector)
                    oracle.upsert(
                        item: record.item, owner: record.owner, vector: vector, attributes: record.attributes)
                    if step % 10 == 0 { plain.add(vector, "vector") }
                }
            }
            let query = random.unitVector(dims: SealedWorld.dims)
            let filter: VectorFilter = random.chance(50) ? .everything : .equals("n", .number(2))
            let found = try await world.search(query, by: searcher, filter: filter)
            let expected = oracle.search(query, k: 5, filter: filter)
            let isRight =
                found.compared == oracle.count(filter) && found.matches.map(\.owner) == expected.map(\.owner)
            #expect(isRight, "seed \(seed), step \(step): \(found) for \(expected)")
            if !isRight { return }
        }
        try await world.writeFile(isWhole: false, by: searcher)
        #expect(try plain.found(below: world.folder.path) == [])
    }

    @Test func nothingOfItIsOnTheDiskInClear() async throws {
        var random = RepeatableRandom(seed: 1)
        let (table, searcher) = world.start()
        let records = world.records(0..<400, &random)
        var plain = PlainBytes()
        for record in records.prefix(20) {
            plain.add(record.vector, record.item)
            plain.add(VectorMetric.cosine.prepared(record.vector), "\(record.item), prepared")
        }
        try await world.upsert(records, by: table)
        _ = try await world.search(records[3].vector, by: searcher)
        await CollectionUpkeep(collections: searcher, folder: world.scans, logger: .quiet).writeAll()
        let collection = try #require(try await world.collection())
        #expect(try world.scans.has(collection.id))
        #expect(try plain.found(below: world.folder.path) == [])
        // Not even ids, which rows have in clear, nor the codes between them.
        var ids = PlainBytes()
        for record in records { ids.add(word: record.item) }
        let scan = try Data(contentsOf: URL(fileURLWithPath: world.scans.file(of: collection.id)))
        #expect(ids.found(in: scan) == [])
        let open = VectorSpace(tenant: .local, scope: "p", model: SealedWorld.model)
        try await world.store.write { db in
            try table.upsert(
                item: "x", owner: "x", vector: records[5].vector, space: open, precision: "f32", in: db, now: 0)
        }
        #expect(try !plain.found(below: world.folder.path).isEmpty, "an open collection is found by the same search")
    }

    @Test func aSealedFileOpensWhatWasWrittenPieceByPiece() async throws {
        var random = RepeatableRandom(seed: 2)
        let (table, searcher) = world.start()
        // So many that more than one piece of a megabyte is written.
        let records = world.records(0..<6_000, &random)
        try await world.upsert(records, by: table)
        let before = try await world.search(records[77].vector, by: searcher, k: 20)
        try await world.writeFile(isWhole: true, by: searcher)
        try await world.upsert(world.records(6_000..<6_010, &random), by: table)
        try await world.writeFile(isWhole: false, by: searcher)
        let collection = try #require(try await world.collection())
        #expect(world.scans.bytes(of: collection.id) > 1_200_000)
        _ = try await world.store.write { db in
            try db.execute("UPDATE embeddings SET vector = x'00' WHERE version <= 6000")
        }
        let after = try await world.search(records[77].vector, by: world.start().collections, k: 20)
        #expect(after.matches.prefix(3) == before.matches.prefix(3), "from the file: the rows are of no use")
        #expect(after.compared == 6_010)
    }

    @Test func anItemIsOpenedByItself() async throws {
        var random = RepeatableRandom(seed: 3)
        let (table, _) = world.start()
        let records = world.records(0..<4, &random)
        try await world.upsert(records, by: table)
        let one = try await world.store.read { db in try table.vector(of: "template-1", tenant: .local, in: db) }
        #expect(one?.vector == records[1].vector)
        let some = try await world.store.read { db in
            try table.vectors(of: ["template-0", "template-3", "none"], in: SealedWorld.space(), in: db)
        }
        #expect(some == ["template-0": records[0].vector, "template-3": records[3].vector])
    }

    @Test func whoHasNoKeysReadsNothing() async throws {
        var random = RepeatableRandom(seed: 4)
        let records = world.records(0..<4, &random)
        try await world.upsert(records, by: world.start().table)
        let plain = VectorCollections(store: world.store, folder: world.scans)
        await #expect(throws: HearthError.self) { try await world.search(records[0].vector, by: plain) }
        await #expect(throws: HearthError.self) {
            try await world.store.read { db in try CollectionTable().vector(of: "template-1", tenant: .local, in: db) }
        }
        await #expect(throws: HearthError.self) { try await world.upsert(records, by: CollectionTable()) }
    }

    @Test func aSpaceIsSealedFromItsFirstVectorOnOrNever() async throws {
        var random = RepeatableRandom(seed: 5)
        let (table, _) = world.start()
        try await world.upsert(world.records(0..<1, &random), by: table)
        let open = VectorSpace(tenant: .local, scope: "faces/one", model: SealedWorld.model)
        await #expect(throws: HearthError.self) {
            try await world.store.write { [random] db in
                var random = random
                try table.upsert(
                    item: "x", owner: "x", vector: random.unitVector(dims: SealedWorld.dims), space: open,
                    precision: "f32", in: db, now: 0)
            }
        }
    }
}

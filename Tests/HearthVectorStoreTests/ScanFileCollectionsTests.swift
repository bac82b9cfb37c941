import Foundation
import HearthSQLite
import HearthTesting
import HearthVectors
import Logging
import Testing

@testable import HearthCore
@testable import HearthVectorStore

/// Search over scan files is what a plain list says, whatever happens to rows, memory and files.
@Suite(.timeLimit(.minutes(3))) struct ScanFileCollectionsTests {
    private static let dims = 8
    /// A time at which nobody has asked for anything in a long while.
    private let far: Int64 = 1 << 60

    private let folder: TemporaryFolder
    private let scans: ScanFolder
    private let store: SQLiteStore
    private let table = CollectionTable()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("vectors.db"))
        scans = ScanFolder(folder.file("scans"))
        try FileManager.default.createDirectory(atPath: scans.path, withIntermediateDirectories: true)
        try await Migrator(CollectionTable.migrations).run(store, now: 0)
    }

    private func collections(budget: Int = Limits.collectionBytes) -> VectorCollections {
        VectorCollections(store: store, folder: scans, byteBudget: budget, logger: logger)
    }

    private func upkeep(_ collections: VectorCollections) -> CollectionUpkeep {
        CollectionUpkeep(collections: collections, folder: scans, logger: logger)
    }

    private func make(_ name: String) async throws -> CollectionTable.Collection {
        try await store.write { [table] db in
            try table.make(name: name, of: .local, metric: .cosine, dims: Self.dims, in: db)
        }
    }

    private func upsert(_ records: [CollectionTable.Record], into collection: CollectionTable.Collection) async throws {
        try await store.write { [table] db in try table.upsert(records: records, into: collection, in: db, now: 0) }
    }

    private func delete(_ items: [String], from collection: CollectionTable.Collection) async throws {
        _ = try await store.write { [table] db in try table.delete(items: items, from: collection, in: db) }
    }

    private func records(_ numbers: Range<Int>, _ random: inout RepeatableRandom) -> [CollectionTable.Record] {
        numbers.map {
            .init(
                item: "i\($0)", vector: random.unitVector(dims: Self.dims),
                attributes: ["n": .number(ExactNumber(Int64($0 % 5)))])
        }
    }

    /// Writes the file of a collection whatever its size, as an upkeep would for a large one.
    private func writeFile(
        of collection: CollectionTable.Collection, in collections: VectorCollections, isWhole: Bool
    ) async throws {
        _ = try await collections.count(in: collection, filter: .everything)
        let resident = try #require(collections.residents.withLock { $0[collection.id] })
        _ = try await resident.writeFile(isWhole: isWhole, in: scans, on: VectorCollections.threads)
    }

    @Test(arguments: RepeatableRandom.seeds(6))
    func searchAgreesWithAPlainListWhateverHappens(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let collection = try await make("shop")
        var oracle = ExactIndex(dims: Self.dims)
        var searcher = collections()
        var upkeep = upkeep(searcher)
        for step in 0..<150 {
            switch Int.random(in: 0..<14, using: &random) {
            case 0:
                searcher = collections(budget: random.chance(50) ? 1 : Limits.collectionBytes)
                upkeep = self.upkeep(searcher)
            case 1, 2: try await writeFile(of: collection, in: searcher, isWhole: random.chance(40))
            case 3: searcher.residents.withLock { _ = $0.remove(collection.id) }
            case 4: await upkeep.maintain(sweeps: true, now: far + Int64(step) << 40)
            case 5:
                // As if this many removals were no longer remembered.
                try await store.write { db in
                    try db.execute("DELETE FROM removals")
                    try db.execute("UPDATE collections SET pruned_version = removed_version")
                }
            case 6 where (try? scans.has(collection.id)) == true && random.chance(30):
                var bytes = try Data(contentsOf: URL(fileURLWithPath: scans.file(of: collection.id)))
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 4
                searcher.residents.withLock { _ = $0.remove(collection.id) }
                try bytes.write(to: URL(fileURLWithPath: scans.file(of: collection.id)))
            case 7, 8, 9:
                let items = (0..<3).map { _ in "i\(Int.random(in: 0..<40, using: &random))" }
                try await delete(items, from: collection)
                for item in items { oracle.remove(item: item) }
            default:
                let first = Int.random(in: 0..<40, using: &random)
                let records = records(first..<first + 3, &random)
                try await upsert(records, into: collection)
                for record in records {
                    oracle.upsert(
                        item: record.item, owner: record.item, vector: VectorMetric.cosine.prepared(record.vector),
                        attributes: record.attributes)
                }
            }
            let query = random.unitVector(dims: Self.dims)
            let filter: VectorFilter = random.chance(50) ? .everything : .equals("n", .number(2))
            let found = try await searcher.search([query], in: collection, k: 5, filter: filter)[0]
            let expected = oracle.search(query, k: 5, filter: filter)
            let isRight =
                found.compared == oracle.count(filter) && found.matches.map(\.item) == expected.map(\.item)
            #expect(isRight, "seed \(seed), step \(step): \(found) for \(expected)")
            if !isRight { return }
        }
    }

    @Test func aFileNewerThanItsRowsIsMadeAnew() async throws {
        var random = RepeatableRandom(seed: 2)
        let collection = try await make("shop")
        try await upsert(records(0..<9, &random), into: collection)
        try await writeFile(of: collection, in: collections(), isWhole: true)
        try await store.write { db in
            try db.execute("UPDATE collections SET version = version - 1")
            try db.execute("DELETE FROM embeddings WHERE item_id = 'i3'")
        }
        #expect(try await collections().count(in: collection, filter: .everything) == 8)
    }

    @Test func whatWasRemovedLeavesTheDiskAlsoWhenNobodySearches() async throws {
        var random = RepeatableRandom(seed: 3)
        let collection = try await make("shop")
        let records = records(0..<9, &random)
        try await upsert(records, into: collection)
        try await writeFile(of: collection, in: collections(), isWhole: true)
        let vector = VectorMetric.cosine.prepared(records[4].vector).withUnsafeBytes { Data($0) }
        let url = URL(fileURLWithPath: scans.file(of: collection.id))
        #expect(try Data(contentsOf: url).range(of: vector) != nil)
        try await delete(["i4"], from: collection)
        let upkeep = upkeep(collections())
        await upkeep.maintain(sweeps: false, now: 0)
        #expect(try Data(contentsOf: url).range(of: vector) != nil, "not at once: more may follow")
        await upkeep.maintain(sweeps: false, now: (Limits.erasureDelay.milliseconds + 1) * 1_000_000)
        #expect(try Data(contentsOf: url).range(of: vector) == nil)
        let left = try await store.read { [table] db in try table.collectionsToErase(in: db).count }
        #expect(left == 0)
    }

    @Test func amongVectorsThatAreNearlyTheSameEachFindsItself() async throws {
        var random = RepeatableRandom(seed: 8)
        let collection = try await make("frames")
        let centre = random.unitVector(dims: Self.dims)
        let records = (0..<1_000).map { number in
            CollectionTable.Record(
                item: "f\(number)", vector: zip(centre, random.unitVector(dims: Self.dims)).map { $0 + 0.02 * $1 },
                attributes: ["n": .number(ExactNumber(Int64(number % 2)))])
        }
        try await upsert(records, into: collection)
        let searcher = collections()
        try await writeFile(of: collection, in: searcher, isWhole: true)
        let queries = records.prefix(60).map(\.vector)
        for filter in [VectorFilter.everything, .any([.equals("n", .number(0)), .equals("n", .number(1))])] {
            let found = try await searcher.search(queries, in: collection, k: 3, filter: filter)
            #expect(found.map { $0.matches.first?.item } == records.prefix(60).map(\.item))
        }
    }

    /// Files of older programs say nothing of the errors of their codes, so searches score all their vectors.
    @Test func aFileWithoutBoundsIsWrittenAgain() {
        var standing = ResidentCollection.Standing(version: 1, count: 9, segments: 1)
        #expect(!standing.wantsWholeFile)
        standing.lacksBounds = true
        #expect(standing.wantsWholeFile)
    }

    @Test func theFileOfACollectionThatIsGoneIsRemoved() async throws {
        var random = RepeatableRandom(seed: 4)
        let (gone, kept) = (try await make("gone"), try await make("kept"))
        let searcher = collections()
        for collection in [gone, kept] {
            try await upsert(records(0..<9, &random), into: collection)
            try await writeFile(of: collection, in: searcher, isWhole: true)
        }
        try await store.write { [table] db in try table.delete(gone, in: db, now: 0) }
        await upkeep(searcher).maintain(sweeps: true)
        #expect(try !scans.has(gone.id))
        #expect(try scans.has(kept.id))
        #expect(await searcher.residency.count == 1)
        let error = await #expect(throws: HearthError.self) {
            try await searcher.search([random.unitVector(dims: Self.dims)], in: gone, k: 1)
        }
        #expect(error?.code == .notFound)
    }

    @Test func anIdleCollectionTakesNoMemory() async throws {
        var random = RepeatableRandom(seed: 5)
        let searcher = collections()
        for name in 0..<20 {
            let collection = try await make("c\(name)")
            try await upsert(records(0..<9, &random), into: collection)
            #expect(try await searcher.count(in: collection, filter: .everything) == 9)
        }
        #expect(await searcher.residency.count == 20)
        await upkeep(searcher).maintain(sweeps: false, now: far)
        #expect(await searcher.residency.count == 0)
        #expect(await searcher.residency.bytes == 0)
        #expect(scans.collections().isEmpty, "so few rows need no file")
    }

    @Test func aLargeCollectionIsWrittenOutAndSearchedFromItsFile() async throws {
        var random = RepeatableRandom(seed: 6)
        let collection = try await make("shop")
        try await upsert(records(0..<3_000, &random), into: collection)
        let searcher = collections()
        let query = random.unitVector(dims: Self.dims)
        let before = try await searcher.search([query], in: collection, k: 9)[0]
        await upkeep(searcher).maintain(sweeps: false, now: far)
        #expect(try scans.has(collection.id))
        #expect(await searcher.residency.count == 0)
        let after = try await searcher.search([query], in: collection, k: 9)[0]
        #expect(after.matches == before.matches)
        #expect(after.compared == 3_000)
    }

    @Test func concurrentSearchesDeletesAndFilesNeverGiveWhatIsGone() async throws {
        var random = RepeatableRandom(seed: 7)
        let collection = try await make("shop")
        try await upsert(records(0..<200, &random), into: collection)
        let searcher = collections()
        let gone = Locked<Set<String>>([])
        let queries = (0..<4).map { _ in random.unitVector(dims: Self.dims) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<199 {
                    try await delete(["i\(number)"], from: collection)
                    _ = gone.withLock { $0.insert("i\(number)") }
                }
            }
            group.addTask {
                while gone.withLock({ $0.count }) < 199 {
                    await Task.yield()
                    try await writeFile(of: collection, in: searcher, isWhole: true)
                }
            }
            for query in queries {
                group.addTask {
                    while gone.withLock({ $0.count }) < 199 {
                        // A search in place gives no thread away, and the one who deletes needs one.
                        await Task.yield()
                        let before = gone.withLock { $0 }
                        let found = try await searcher.search([query], in: collection, k: 200)[0]
                        #expect(before.isDisjoint(with: found.matches.map(\.item)))
                        #expect(found.matches.count == found.compared)
                    }
                }
            }
            try await group.waitForAll()
        }
        let left = try await searcher.search([queries[0]], in: collection, k: 9)[0]
        #expect(left.matches.map(\.item) == ["i199"])
    }
}

import HearthCore
import HearthInference
import HearthJSON
import HearthSQLite
import HearthTesting
import HearthVectorStore
import HearthVectors
import Logging
import Testing

@testable import HearthCollections

/// What concerns many records holds the only writer for a short time only, measured by the rows of a transaction.
@Suite(.timeLimit(.minutes(2))) struct LongChangeTests {
    private static let count = 5_200
    /// Rows of a step: each item with the removal that is remembered, those that are forgotten, and the collection's.
    private static let rowsOfStep = 2 * Limits.stepItems + Limits.forgottenRemovals + 10

    private let folder: TemporaryFolder
    /// The store under test; the records are written by another one, whose transactions do not count.
    private let store: SQLiteStore
    private let collections: NamedCollections
    private let shop: NamedCollection

    init() async throws {
        folder = try TemporaryFolder(.memory)
        let path = folder.file("collections.db")
        let other = try SQLiteStore(path: path)
        try await Migrator(CollectionTable.migrations + CollectionTable.databaseMigrations).run(other, now: 0)
        shop = try await Self.collections(other).create(
            .init(name: "shop", dims: 2, attributes: .declared(["brand": .text])), isExistingFine: false, of: .local
        ).collection
        let row = shop.row
        try await other.write { db in
            let records = (0..<Self.count).map { Self.record($0) }
            try CollectionTable().upsert(records: records, into: row, in: db, now: 0)
        }
        store = try SQLiteStore(path: path)
        collections = Self.collections(store)
    }

    private static func collections(_ store: any Store) -> NamedCollections {
        NamedCollections(
            store: store, vectors: VectorCollections(store: store),
            embeddings: EmbeddingService(engine: ScriptedEngine()))
    }

    private static func record(_ number: Int) -> CollectionTable.Record {
        CollectionTable.Record(
            item: "r\(number)", vector: [1, Float(number)], attributes: ["brand": .text(number % 2 == 0 ? "x" : "y")],
            payload: #"{"brand": "\#(number % 2 == 0 ? "x" : "y")", "price": \#(number)}"#)
    }

    private func rows(_ table: String) async throws -> Int {
        try await store.read { db in try db.value("SELECT COUNT(*) FROM \(verbatim: table)", as: Int.self) ?? -1 }
    }

    private func count(_ filter: VectorFilter) async throws -> Int {
        try await collections.count(filter, in: try await collections.find("shop", of: .local))
    }

    @Test(arguments: [
        VectorFilter.equals("brand", .text("x")), .items(Set((0..<4_000).map { "r\($0)" })), .everything,
    ]) func deletingManyRecordsTakesManyShortTransactions(filter: VectorFilter) async throws {
        let expected = try await count(filter)
        let deleted = try await collections.delete(.init(filter: filter), from: "shop", of: .local)
        #expect(deleted == expected)
        #expect(try await rows("embeddings") == Self.count - expected)
        #expect(try await count(filter) == 0)
        #expect(store.meter.largestTransaction <= Self.rowsOfStep)
    }

    @Test func whatNoLongerMatchesWhenItsTurnComesStays() async throws {
        let row = shop.row
        let changed = Locked(false)
        let watched = WatchedStore(store) { _ in
            guard
                !changed.withLock({ was in
                    defer { was = true }
                    return was
                })
            else { return }
            // Chosen already, and changed before the first step.
            try await store.write { db in
                var record = Self.record(0)
                record.attributes = ["brand": .text("y")]
                try CollectionTable().upsert(records: [record], into: row, in: db, now: 0)
            }
        }
        let deleted = try await Self.collections(watched).delete(
            .init(filter: .equals("brand", .text("x"))), from: "shop", of: .local)
        #expect(deleted == Self.count / 2 - 1)
        #expect(try await count(.items(["r0"])) == 1)
    }

    @Test func attributesOfManyRecordsAreReadInShortTransactions() async throws {
        let rule = AttributeRule.declared(["price": .number])
        let changed = try await collections.change("shop", .init(attributes: rule), of: .local)
        #expect(changed.settings.attributes == rule && changed.settings.change == nil)
        #expect(try await count(.range("price", lower: nil, upper: .init(value: 10, isInclusive: false))) == 10)
        #expect(store.meter.largestTransaction <= Limits.stepItems + 10)
    }

    @Test func untilTheLastStepTheOldAttributesHoldAndNewRecordsHaveBoth() async throws {
        let looks = Locked<[Int]>([])
        let watched = WatchedStore(store) { number in
            guard number == 3 else { return }
            let seen = try await collections.find("shop", of: .local)
            #expect(seen.settings.change?.attributes == .declared(["price": .number]), "it is shown")
            let found = try await collections.count(.equals("brand", .text("x")), in: seen)
            looks.withLock { $0.append(found) }
        }
        let changing = Self.collections(watched)
        _ = try await changing.change("shop", .init(attributes: .declared(["price": .number])), of: .local)
        #expect(looks.withLock { $0 } == [Self.count / 2])

        // Stored by the process that changes the attributes, behind the place that it has reached.
        let stored = Locked(0)
        let storing = Locked<NamedCollections?>(nil)
        let second = WatchedStore(store) { number in
            guard number == 4, let collections = storing.withLock({ $0 }) else { return }
            let record: JSONValue = ["id": "r0", "vector": [1, 0], "payload": ["brand": "new", "price": -1]]
            let answer = try await collections.upsert(
                [NumberedRecord(0, .json(record))], into: "shop", isPartial: false, of: .local,
                deadline: .now + .seconds(60))
            stored.withLock { $0 = answer.count }
        }
        let both = Self.collections(second)
        storing.withLock { $0 = both }
        _ = try await both.change("shop", .init(attributes: .declared(["brand": .text])), of: .local)
        storing.withLock { $0 = nil }
        #expect(stored.withLock { $0 } == 1)
        #expect(try await count(.equals("brand", .text("new"))) == 1)
    }

    @Test func aChangeThatDoesNotFitLeavesTheCollectionAsItWas() async throws {
        let row = shop.row
        try await store.write { db in
            var last = Self.record(99_999)
            last.payload = #"{"brand": "x", "price": "much"}"#
            try CollectionTable().upsert(records: [last], into: row, in: db, now: 0)
        }
        let error = await #expect(throws: HearthError.self) {
            _ = try await collections.change(
                "shop", .init(name: "other", attributes: .declared(["price": .number])), of: .local)
        }
        #expect(error?.code == .unprocessable)
        let collection = try await collections.find("shop", of: .local)
        #expect(collection.settings == shop.settings, "its name, its attributes, and no change under way")
        #expect(try await count(.equals("brand", .text("x"))) == Self.count / 2)
    }

    @Test func aChangeThatAKilledProcessHasLeftHoldsNobodyUp() async throws {
        let row = shop.row
        var settings = shop.settings
        settings.change = AttributeChange(attributes: .declared(["price": .flag]), process: "gone", id: "1")
        let text = try settings.text()
        try await store.write { db in try CollectionTable().change(row, settings: text, in: db) }
        let left = try await collections.find("shop", of: .local)
        #expect(left.settings.change != nil)
        #expect(collections.rules(of: left) == [.declared(["brand": .text])])
        let changed = try await collections.change(
            "shop", .init(attributes: .declared(["price": .number])), of: .local)
        #expect(changed.settings.change == nil)
    }

    @Test func aCollectionIsGoneAtOnceAndItsRowsInSteps() async throws {
        let (id, records) = try await collections.delete("shop", of: .local)
        #expect(records == Self.count)
        let error = await #expect(throws: HearthError.self) { _ = try await collections.find(id, of: .local) }
        #expect(error?.code == .notFound)
        #expect(try await collections.list(of: .local, after: nil, limit: 9).isEmpty)
        let left = Self.count - Limits.stepsAtOnce * Limits.stepItems
        #expect(try await rows("embeddings") == left, "a caller waits for some steps, not for all")
        let again = try await collections.create(
            .init(name: "shop", dims: 2), isExistingFine: false, of: .local)
        #expect(again.isNew, "its name is free")

        // As after a restart: whoever finds it goes on.
        let fresh = try SQLiteStore(path: folder.file("collections.db"))
        try await DeletionUpkeep([DeletedCollections(store: fresh)], logger: .quiet).finish()
        #expect(try await rows("embeddings") == 0)
        #expect(try await rows("collections") == 1)
        #expect(max(store.meter.largestTransaction, fresh.meter.largestTransaction) <= Limits.stepItems + 10)
    }

    @Test func aRecordDoesNotComeIntoACollectionThatIsBeingDeleted() async throws {
        let row = shop.row
        _ = try await collections.delete("shop", of: .local)
        let error = await #expect(throws: HearthError.self) {
            try await store.write { db in
                try CollectionTable().upsert(records: [Self.record(1)], into: row, in: db, now: 0)
            }
        }
        #expect(error?.code == .notFound)
    }

    @Test func aNameSpaceGoesWithAllItsCollections() async throws {
        try await store.write { db in
            try CollectionTable().makeDatabase("space", of: .local, in: db, now: 0)
            for number in 0..<Limits.stepItems + 20 {
                _ = try CollectionTable().make(
                    name: "space/c\(number)", of: .local, metric: .cosine, dims: 2, in: db)
            }
        }
        let fresh = try SQLiteStore(path: folder.file("collections.db"))
        try await Self.collections(fresh).deleteDatabase("space", of: .local)
        #expect(fresh.meter.largestTransaction <= Limits.stepItems + 10)
        let names = try await collections.list(of: .local, after: nil, limit: 2_000).map(\.name)
        #expect(names == ["shop"])
        #expect(try await rows("collection_databases") == 0)
    }
}

/// A store that says before each write how many there have been.
private struct WatchedStore: Store {
    private let store: any Store
    private let writes = Locked(0)
    private let beforeWrite: @Sendable (Int) async throws -> Void

    init(_ store: any Store, beforeWrite: @escaping @Sendable (Int) async throws -> Void) {
        self.store = store
        self.beforeWrite = beforeWrite
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await store.read(body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        let number = writes.withLock { writes in
            writes += 1
            return writes
        }
        try await beforeWrite(number)
        return try await store.write(body)
    }
}

import HearthCore
import HearthSQLite
import HearthTesting
import HearthVectors
import Testing

@testable import HearthVectorStore

/// The rows of named collections: what is kept, what is refused, what is remembered of what is gone.
@Suite(.timeLimit(.minutes(2))) struct CollectionRecordsTests {
    private static let other = Tenant(rawValue: "other")

    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let table = CollectionTable()

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("vectors.db"))
        try await Migrator(CollectionTable.migrations).run(store, now: 0)
    }

    private func make(
        _ name: String, dims: Int? = nil, metric: VectorMetric = .cosine
    ) async throws -> CollectionTable.Collection {
        try await store.write { [table] db in
            try table.make(name: name, of: .local, metric: metric, dims: dims, in: db)
        }
    }

    private func upsert(_ records: [CollectionTable.Record], into collection: CollectionTable.Collection) async throws {
        try await store.write { [table] db in try table.upsert(records: records, into: collection, in: db, now: 0) }
    }

    private func newest(_ collection: CollectionTable.Collection) async throws -> CollectionTable.Collection? {
        try await store.read { [table] db in try table.collection(id: collection.id, of: .local, in: db) }
    }

    private func count(_ collection: CollectionTable.Collection) async throws -> Int {
        try await store.read { [table] db in try table.count(of: collection, in: db) }
    }

    @Test func aRecordComesBackAsItWasSent() async throws {
        let collection = try await make("shop")
        let record = CollectionTable.Record(
            item: "a", vector: [3, 4], attributes: ["price": .number(2.5), "kind": .text("hat"), "new": .flag(true)],
            payload: #"{"any":[1,null]}"#, document: "A hat.")
        try await upsert([record, .init(item: "b", vector: [1, 0])], into: collection)
        let (records, page, count) = try await store.read { [table] db in
            (
                try table.records(of: collection, items: ["a", "none"], in: db),
                try table.page(of: collection, after: "a", limit: 9, in: db), try table.count(of: collection, in: db)
            )
        }
        #expect(records == [record])
        #expect(page.map(\.item) == ["b"])
        #expect(count == 2)
    }

    @Test func theFirstVectorDecidesTheLengthWhenNobodyElseHas() async throws {
        let collection = try await make("shop")
        #expect(collection.model.dims == 0)
        try await upsert([.init(item: "a", vector: [1, 2, 3])], into: collection)
        #expect(try await newest(collection)?.model.dims == 3)
        let error = await #expect(throws: HearthError.self) {
            try await upsert([.init(item: "b", vector: [1, 2])], into: collection)
        }
        #expect(error?.code == .conflict)
    }

    @Test func oneBadRecordKeepsAllOfThemOut() async throws {
        let collection = try await make("shop", dims: 2)
        let before = try await newest(collection)?.version
        for vector in [[Float.nan, 1], [.infinity, 1], [0, 0], [1e30, 1]] {
            let error = await #expect(throws: HearthError.self) {
                try await upsert(
                    [.init(item: "a", vector: [1, 0]), .init(item: "b", vector: vector)], into: collection)
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("records[1]") == true)
        }
        #expect(try await newest(collection)?.version == before)
        #expect(try await count(collection) == 0)
    }

    @Test func zerosHaveAPlaceWhereDirectionsDoNotMatter() async throws {
        let collection = try await make("shop", metric: .euclidean)
        try await upsert([.init(item: "a", vector: [0, 0])], into: collection)
        let found = try await VectorCollections(store: store).search([[3, 4]], in: collection, k: 1)
        #expect(found.first?.matches == [.init(item: "a", owner: "a", score: -25)])
    }

    @Test func namesAreATenantsOwn() async throws {
        let collection = try await make("shop")
        let error = await #expect(throws: HearthError.self) { _ = try await make("shop") }
        #expect(error?.code == .conflict)
        let (own, foreign, named) = try await store.read { [table] db in
            (
                try table.collection(named: "shop", of: .local, in: db)?.id,
                try table.collection(id: collection.id, of: Self.other, in: db)?.id,
                try table.named(of: Self.other, limit: 9, in: db).count
            )
        }
        #expect(own == collection.id)
        #expect(foreign == nil)
        #expect(named == 0)
    }

    @Test func whatFeaturesRemoveStaysInNamedCollections() async throws {
        let collection = try await make("shop")
        try await upsert([.init(item: "same", vector: [1, 0])], into: collection)
        let space = VectorSpace(
            tenant: .local, scope: "s", model: .init(id: "m", digest: "", dims: 2, precision: "f32"))
        try await store.write { [table] db in
            try table.upsert(
                item: "same", owner: "g", vector: [1, 0], space: space, precision: "f32", in: db, now: 0)
            try table.remove(items: ["same"], in: db)
        }
        #expect(try await count(collection) == 1)
    }

    @Test func removalsAreRememberedUntilThereAreTooMany() async throws {
        let collection = try await make("shop", dims: 1)
        let most = Limits.rememberedRemovals + Limits.forgottenRemovals
        let items = (0..<most).map { "i\($0)" }
        try await upsert(items.map { .init(item: $0, vector: [1]) }, into: collection)
        let before = try await newest(collection)?.version ?? 0
        func remove(_ items: some Sequence<String>) async throws -> Int {
            let items = Array(items)
            return try await store.write { [table] db in try table.delete(items: items, from: collection, in: db) }
        }
        func remembered(after version: Int64) async throws -> [String] {
            try await store.read { [table] db in try table.removals(of: collection.id, after: version, in: db) }
        }
        #expect(try await remove(items.prefix(100) + ["none"]) == 100)
        #expect(try await remove(items[100..<most - 1]) == most - 101)
        #expect(Set(try await remembered(after: before)) == Set(items.dropLast()))
        #expect(try await newest(collection)?.prunedVersion == 0)
        #expect(try await remove(items.suffix(1)) == 1)
        #expect(try await newest(collection)?.prunedVersion ?? 0 > before)
        let left = try await remembered(after: 0)
        #expect(left.count == Limits.rememberedRemovals, "as many as one step forgets")
        #expect(Set(left).isDisjoint(with: items.prefix(100)), "the oldest are forgotten")
    }

    @Test func whoHasSeenWhatIsForgottenNeedsItNoMore() async throws {
        let collection = try await make("shop", dims: 1)
        let searcher = VectorCollections(store: store)
        let most = Limits.rememberedRemovals + Limits.forgottenRemovals
        let items = (0..<most + 1).map { "i\($0)" }
        try await upsert(items.map { .init(item: $0, vector: [1]) }, into: collection)
        #expect(try await searcher.count(in: collection, filter: .everything) == most + 1)
        // Under one version, of which some are forgotten and some are not.
        _ = try await store.write { [table] db in
            try table.delete(items: Array(items.dropLast()), from: collection, in: db)
        }
        #expect(try await searcher.count(in: collection, filter: .everything) == 1)
        #expect(try await VectorCollections(store: store).count(in: collection, filter: .everything) == 1)
    }

    @Test func attributesAreFilteredBeforeTheSearch() async throws {
        let collection = try await make("shop")
        let records: [CollectionTable.Record] = (0..<20).map { number in
            .init(
                item: "i\(number)", vector: [1, Float(number)],
                attributes: ["n": .number(ExactNumber(Int64(number))), "even": .flag(number % 2 == 0)])
        }
        try await upsert(records, into: collection)
        let collections = VectorCollections(store: store)
        let filter = VectorFilter.all([
            .equals("even", .flag(true)), .range("n", lower: .init(value: 4, isInclusive: false), upper: nil),
        ])
        let found = try await collections.search([[1, 0], [1, 100]], in: collection, k: 3, filter: filter)
        #expect(found.map { $0.matches.map(\.item) } == [["i6", "i8", "i10"], ["i18", "i16", "i14"]])
        #expect(found.map(\.compared) == [7, 7])
        #expect(try await collections.count(in: collection, filter: .not(filter)) == 13)
        #expect(try await collections.vector(of: "i0", in: collection) == [1, 0])
    }
}

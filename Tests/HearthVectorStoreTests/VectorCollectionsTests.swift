import HearthCore
import HearthSQLite
import HearthTesting
import HearthVectors
import Testing

@testable import HearthVectorStore

/// Search is exact and never older than the rows, whoever has changed them.
@Suite(.timeLimit(.minutes(2))) struct VectorCollectionsTests {
    private static let dims = 8
    private static let other = Tenant(rawValue: "other")
    private static let models = ["a", "b"].map {
        ModelIdentity(id: $0, digest: "digest-\($0)", dims: dims, precision: "f32")
    }

    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let table = CollectionTable()

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("vectors.db"))
        try await Migrator(CollectionTable.migrations).run(store, now: 0)
    }

    private func space(_ scope: String, tenant: Tenant = .local, model: Int = 0) -> VectorSpace {
        VectorSpace(tenant: tenant, scope: scope, model: Self.models[model])
    }

    private func upsert(_ row: CollectionOracle.Row, in store: SQLiteStore? = nil) async throws {
        try await (store ?? self.store).write { [table] db in
            try table.upsert(
                item: row.item, owner: row.owner, vector: row.vector, space: row.space, precision: "f32", in: db, now: 0
            )
        }
    }

    private func remove(_ items: [String], in store: SQLiteStore? = nil) async throws {
        try await (store ?? self.store).write { [table] db in try table.remove(items: items, in: db) }
    }

    /// Rows of one scope, in some random directions.
    private func rows(_ count: Int, in space: VectorSpace, _ random: inout RepeatableRandom) -> [CollectionOracle.Row] {
        (0..<count).map { number in
            .init(
                item: "\(space.scope)-\(number)", owner: "\(space.scope)-g\(number / 2)", space: space,
                vector: random.unitVector(dims: Self.dims))
        }
    }

    /// Compares one search with the oracle; scores are compared as such, because equal ones may come in any order.
    private func check(
        _ collections: VectorCollections, _ oracle: CollectionOracle, query: [Float], model: Int, tenant: Tenant,
        scope: String?, k: Int, _ note: String
    ) async throws {
        let found = try await collections.search(query, model: Self.models[model], tenant: tenant, scope: scope, k: k)
        let expected = oracle.search(query, model: Self.models[model], tenant: tenant, scope: scope, k: k)
        #expect(found.compared == expected.compared, "\(note)")
        #expect(found.matches.map(\.item) == expected.matches.map(\.item), "\(note)")
        #expect(found.matches.map(\.owner) == expected.matches.map(\.owner), "\(note)")
        for (match, row) in zip(found.matches, expected.matches) {
            #expect(abs(Double(match.score) - CollectionOracle.score(row, query)) < 1e-5, "\(note)")
        }
    }

    @Test(arguments: RepeatableRandom.seeds(12))
    func searchAgreesWithAPlainListWhateverHappensToTheRows(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        var oracle = CollectionOracle()
        // Two processes over one file; each changes rows that the other has in memory. The second has little memory.
        let processes = [(store, 1 << 20), (try SQLiteStore(path: folder.file("vectors.db")), 20 * Self.dims * 4)].map {
            ($0.0, VectorCollections(store: $0.0, byteBudget: $0.1))
        }
        for step in 0..<250 {
            let (store, collections) = processes[Int.random(in: 0..<2, using: &random)]
            let tenant = random.chance(80) ? Tenant.local : Self.other
            let scope = "s\(Int.random(in: 0..<4, using: &random))"
            let model = random.chance(70) ? 0 : 1
            let item = "\(tenant.rawValue)-i\(Int.random(in: 0..<40, using: &random))"
            switch Int.random(in: 0..<12, using: &random) {
            case 0...4:
                let row = CollectionOracle.Row(
                    item: item, owner: "\(scope)-g\(Int.random(in: 0..<6, using: &random))",
                    space: space(scope, tenant: tenant, model: model), vector: random.unitVector(dims: Self.dims))
                // An item belongs to one scope: it leaves the others first.
                let strays = Set(oracle.rows.filter { $0.item == item && $0.space.scope != scope }.map(\.item))
                try await remove(Array(strays), in: store)
                oracle.remove(strays)
                try await upsert(row, in: store)
                oracle.upsert(row)
            case 5:
                guard var row = oracle.rows.randomElement(using: &random) else { break }
                row.owner = "\(row.space.scope)-g\(Int.random(in: 0..<6, using: &random))"
                try await upsert(row, in: store)
                oracle.upsert(row)
            case 6, 7:
                let items = Set([item] + oracle.rows.shuffled(using: &random).prefix(2).map(\.item))
                try await remove(items.sorted(), in: store)
                oracle.remove(items)
            case 8 where random.chance(20):
                _ = try await store.write { [table] db in try table.remove(scope: scope, of: tenant, in: db, now: 0) }
                oracle.remove(scope: scope, of: tenant)
            default:
                break
            }
            let query = random.unitVector(dims: Self.dims)
            for (number, process) in [collections, processes[step % 2].1].enumerated() {
                try await check(
                    process, oracle, query: query, model: model, tenant: tenant, scope: random.chance(50) ? scope : nil,
                    k: Int.random(in: 1...12, using: &random), "seed \(seed), step \(step), process \(number)")
            }
        }
    }

    @Test func aSearchWhoseTimeIsUpIsRefusedAndOthersAreAnswered() async throws {
        let row = CollectionOracle.Row(
            item: "i", owner: "o", space: space("s"), vector: [Float](repeating: 1, count: Self.dims))
        try await upsert(row)
        let collections = VectorCollections(store: store)
        let error = await #expect(throws: HearthError.self) {
            _ = try await collections.search(
                row.vector, model: Self.models[0], tenant: .local, scope: nil, k: 1, deadline: .now - .seconds(1))
        }
        #expect(error?.code == .deadlineExceeded)
        let found = try await collections.search(
            row.vector, model: Self.models[0], tenant: .local, scope: nil, k: 1, deadline: .now + .seconds(60))
        #expect(found.matches.map(\.item) == ["i"])
    }

    /// As frames of a still camera, each of another owner.
    @Test func amongVectorsThatAreNearlyTheSameEachFindsItself() async throws {
        var random = RepeatableRandom(seed: 5)
        let centre = random.unitVector(dims: Self.dims)
        let rows = (0..<400).map { number in
            let vector = zip(centre, random.unitVector(dims: Self.dims)).map { $0 + 0.02 * $1 }
            return CollectionOracle.Row(item: "f\(number)", owner: "c\(number)", space: space("s"), vector: vector)
        }
        for row in rows { try await upsert(row) }
        let collections = VectorCollections(store: store)
        for row in rows.prefix(100) {
            let found = try await collections.search(
                row.vector, model: Self.models[0], tenant: .local, scope: nil, k: 5)
            #expect(found.matches.first?.item == row.item)
            #expect(found.compared == 400)
        }
    }

    @Test func whatIsDeletedIsNeverFoundAgainWhileOthersSearch() async throws {
        var random = RepeatableRandom(seed: 7)
        let rows = rows(60, in: space("s"), &random)
        for row in rows { try await upsert(row) }
        let writer = try SQLiteStore(path: folder.file("vectors.db"))
        let collections = VectorCollections(store: store)
        let deleted = Locked<Set<String>>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for row in rows.dropLast() {
                    try await remove([row.item], in: writer)
                    _ = deleted.withLock { $0.insert(row.item) }
                }
            }
            for number in 0..<4 {
                group.addTask {
                    while deleted.withLock({ $0.count }) < rows.count - 1 {
                        // A search in place gives no thread away, and the one who deletes needs one.
                        await Task.yield()
                        let gone = deleted.withLock { $0 }
                        let found = try await collections.search(
                            rows[number].vector, model: Self.models[0], tenant: .local, scope: nil, k: 100)
                        #expect(gone.isDisjoint(with: found.matches.map(\.item)))
                    }
                }
            }
            try await group.waitForAll()
        }
        let left = try await collections.search(
            rows[0].vector, model: Self.models[0], tenant: .local, scope: "s", k: 100)
        #expect(left.matches.map(\.item) == [rows[59].item])
        #expect(left.compared == 1)
    }

    @Test func whatIsCommittedBeforeASearchIsFoundByIt() async throws {
        var random = RepeatableRandom(seed: 8)
        let rows = rows(40, in: space("s"), &random)
        let writer = try SQLiteStore(path: folder.file("vectors.db"))
        let collections = VectorCollections(store: store)
        for row in rows {
            try await upsert(row, in: writer)
            let found = try await collections.search(
                row.vector, model: Self.models[0], tenant: .local, scope: "s", k: 1)
            #expect(found.matches.first?.item == row.item)
        }
    }

    @Test func anItemThatMovesToAnotherGroupLeavesTheFirst() async throws {
        var random = RepeatableRandom(seed: 9)
        var row = rows(1, in: space("s"), &random)[0]
        let collections = VectorCollections(store: store)
        for owner in ["first", "second", "first"] {
            row.owner = owner
            try await upsert(row)
            let found = try await collections.search(
                row.vector, model: Self.models[0], tenant: .local, scope: nil, k: 9)
            #expect(found.matches.map(\.owner) == [owner])
        }
    }

    @Test func tenantsScopesAndModelsNeverMix() async throws {
        var random = RepeatableRandom(seed: 10)
        let vector = random.unitVector(dims: Self.dims)
        let spaces = [
            space("s"), space("t"), space("s", tenant: Self.other), space("s", model: 1), space("u", model: 1),
        ]
        for (number, space) in spaces.enumerated() {
            try await upsert(.init(item: "i\(number)", owner: "g\(number)", space: space, vector: vector))
        }
        let collections = VectorCollections(store: store)
        func found(_ model: Int, _ tenant: Tenant, _ scope: String?) async throws -> [String] {
            try await collections.search(vector, model: Self.models[model], tenant: tenant, scope: scope, k: 9)
                .matches.map(\.item)
        }
        #expect(try await found(0, .local, nil) == ["i0", "i1"], "equal scores are ordered by item")
        #expect(try await found(0, .local, "s") == ["i0"])
        #expect(try await found(0, Self.other, nil) == ["i2"])
        #expect(try await found(0, Self.other, "t") == [])
        #expect(try await found(1, .local, nil) == ["i3", "i4"])
        #expect(try await found(1, Self.other, nil) == [])
    }

    @Test func theLeastRecentlyUsedLeaveWhenTheBudgetIsSpent() async throws {
        var random = RepeatableRandom(seed: 11)
        for scope in ["s0", "s1", "s2"] {
            for row in rows(10, in: space(scope), &random) { try await upsert(row) }
        }
        let query = random.unitVector(dims: Self.dims)
        let alone = VectorCollections(store: store)
        _ = try await alone.search(query, model: Self.models[0], tenant: .local, scope: "s0", k: 9)
        let bytes = await alone.residency.bytes
        #expect(bytes > 10 * Self.dims * 5)
        let collections = VectorCollections(store: store, byteBudget: 2 * bytes)
        func search(_ scope: String?) async throws -> Int {
            try await collections.search(query, model: Self.models[0], tenant: .local, scope: scope, k: 9).compared
        }
        for (scope, count) in [("s0", 1), ("s1", 2), ("s2", 2), ("s2", 2), ("s0", 2)] {
            #expect(try await search(scope) == 10)
            let residency = await collections.residency
            #expect(residency.count == count)
            #expect(residency.bytes == count * bytes)
        }
        #expect(try await search(nil) == 30, "what is not in memory is loaded again")
        #expect(await collections.residency.bytes == 2 * bytes)
    }

    @Test func aCollectionBeyondTheBudgetIsServedAllTheSame() async throws {
        var random = RepeatableRandom(seed: 12)
        for row in rows(10, in: space("s"), &random) { try await upsert(row) }
        let collections = VectorCollections(store: store, byteBudget: 1)
        let found = try await collections.search(
            random.unitVector(dims: Self.dims), model: Self.models[0], tenant: .local, scope: nil, k: 9)
        #expect(found.compared == 10)
        #expect(await collections.residency.count == 1, "the newest stays")
    }

    @Test func aVectorOfTheWrongFormIsRefusedAndWritesNothing() async throws {
        for vector in [[Float](repeating: 1, count: Self.dims - 1), [Float](repeating: .nan, count: Self.dims)] {
            let error = await #expect(throws: HearthError.self) {
                try await upsert(.init(item: "i", owner: "g", space: space("s"), vector: vector))
            }
            #expect(error?.code == .internalError)
        }
        let found = try await VectorCollections(store: store).search(
            [Float](repeating: 0, count: Self.dims), model: Self.models[0], tenant: .local, scope: nil, k: 1)
        #expect(found.compared == 0)
        #expect(found.matches.isEmpty)
    }

    @Test func aStoredVectorComesBackBitByBit() async throws {
        var random = RepeatableRandom(seed: 13)
        let row = rows(1, in: space("s"), &random)[0]
        try await upsert(row)
        let stored = try await store.read { [table] db in try table.vector(of: row.item, tenant: .local, in: db) }
        #expect(stored?.vector == row.vector)
        #expect(stored?.model == Self.models[0])
        let foreign = try await store.read { [table] db in try table.vector(of: row.item, tenant: Self.other, in: db) }
        #expect(foreign == nil)
    }

    // MARK: Callers who leave

    /// A store whose reads wait at a gate, whoever is cancelled.
    private struct GatedStore: Store {
        let store: SQLiteStore
        let gate: TestGate

        func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
            await gate.passStubbornly()
            return try await store.read(body)
        }

        func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
            try await store.write(body)
        }
    }

    @Test func whoIsCancelledWhileItWaitsLeavesAndHoldsNobodyUp() async throws {
        let collection = try await store.write { [table] db in
            try table.make(name: "shop", of: .local, metric: .cosine, dims: Self.dims, in: db)
        }
        let gate = TestGate()
        let loader = CollectionLoader(
            id: collection.id, store: GatedStore(store: store, gate: gate), table: table, folder: nil, logger: nil)
        let resident = ResidentCollection(id: collection.id, loader: loader, threads: VectorCollections.threads)
        let count = ResidentCollection.Request.count(.everything, version: collection.version)
        let stepRan = Locked(false)
        let leader = Task { try await resident.ask(count) }
        try await eventually("the first reads the rows") { gate.arrivals == 1 }
        let waiter = Task { try await resident.ask(count) }
        let step = Task { try await resident.ask(.upkeep(version: nil) { _ in stepRan.withLock { $0 = true } }) }
        let last = Task { try await resident.ask(count) }
        try await eventually("the others wait") { resident.waitingCount == 3 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        step.cancel()
        #expect(resident.waitingCount == 2, "a step of the upkeep is not left out")
        gate.open()
        guard case .count(0) = try await leader.value, case .count(0) = try await last.value else {
            Issue.record("the others were not answered")
            return
        }
        guard case .done = try await step.value else {
            Issue.record("the step was not answered")
            return
        }
        #expect(stepRan.withLock { $0 })
    }

    /// Of many large calls some are answered, instead of all too late; small ones come first.
    @Test func whoWouldNotBeAnsweredInTimeIsToldSoEarly() async throws {
        let collection = try await store.write { [table] db in
            try table.make(name: "shop", of: .local, metric: .cosine, dims: Self.dims, in: db)
        }
        let gate = TestGate()
        let loader = CollectionLoader(
            id: collection.id, store: GatedStore(store: store, gate: gate), table: table, folder: nil, logger: nil)
        var pace = SearchPace()
        for _ in 0..<2 { pace.note(.seconds(1), queries: 1) }
        let resident = ResidentCollection(
            id: collection.id, loader: loader, threads: VectorCollections.threads, pace: pace)
        let search = IndexRequest(queries: [], k: 1, filter: .everything, isExact: true)
        func ask(queriesLeft: Int, within time: Duration?) -> Task<ResidentCollection.Reply, any Error> {
            let call = ResidentCollection.Call(
                queriesLeft: queriesLeft, deadline: time.map { ContinuousClock.now + $0 })
            return Task { try await resident.ask(.search(search, version: collection.version, of: call)) }
        }
        let leader = Task { try await resident.ask(.count(.everything, version: collection.version)) }
        try await eventually("the first reads the rows") { gate.arrivals == 1 }
        // So many queries take long, however fast the first pass was.
        let (large, larger) = (ask(queriesLeft: 1 << 40, within: nil), ask(queriesLeft: 1 << 41, within: .seconds(60)))
        let small = ask(queriesLeft: 1, within: .seconds(60))
        try await eventually("the others wait") { resident.waitingCount == 3 }
        gate.open()
        let error = await #expect(throws: HearthError.self) { try await larger.value }
        #expect(error?.code == .overloaded && error?.retryAfter ?? 0 > 0)
        for answered in [small, large] {
            guard case .found = try await answered.value else {
                Issue.record("a search was not answered")
                return
            }
        }
        _ = try await leader.value
    }

    @Test func passesBecomeSmallWhereQueriesTakeLong() {
        var pace = SearchPace()
        #expect(pace.capacity(limit: 64) == 64 && pace.time(of: 5) == nil)
        pace.note(.milliseconds(500), queries: 1)
        #expect(pace.capacity(limit: 64) == 4)
        #expect(pace.time(of: 5) == nil, "one slow pass may have read from disk")
        pace.note(.seconds(40), queries: 4)
        #expect(pace.capacity(limit: 64) == 1)
        #expect(pace.time(of: 4) == .seconds(2))
        pace.note(.milliseconds(64), queries: 64)
        #expect(pace.capacity(limit: 64) == 64)
    }
}

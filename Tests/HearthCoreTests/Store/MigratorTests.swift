import HearthCore
import HearthJSON
import HearthJobs
import HearthSQLite
import HearthTesting
import HearthVectorStore
import Testing

@Suite(.timeLimit(.minutes(3))) struct MigratorTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    private func open() throws -> SQLiteStore { try SQLiteStore(path: folder.file("hearth.db")) }

    private static let people = Migration(3, "people") { _ in
        ["CREATE TABLE people (name TEXT PRIMARY KEY)", "CREATE INDEX people_name ON people (name)"]
    }

    private static let ages = Migration(5, "ages") { _ in
        [
            "ALTER TABLE people ADD COLUMN age BIGINT NOT NULL DEFAULT 0",
            "UPDATE people SET age = 30 WHERE name = 'Ada'",
        ]
    }

    private static let cities = Migration(8, "cities") { dialect in
        ["CREATE TABLE cities (id \(dialect.serialKey), name TEXT NOT NULL)"]
    }

    private func names(in store: any Store, of table: String) async throws -> [String] {
        try await store.read { db in
            try db.values("SELECT name FROM \(verbatim: table) ORDER BY name", as: String.self)
        }
    }

    @Test func migrationsRunOnceInTheOrderOfTheirNumbers() async throws {
        let store = try open()
        let migrator = Migrator([Self.cities, Self.people, Self.ages])
        #expect(try await migrator.run(store, now: 7) == [3, 5, 8])
        #expect(try await migrator.run(store, now: 8) == [])
        let reopened = try open()
        #expect(try await migrator.run(reopened, now: 9) == [], "after a restart")
        let noted = try await store.read { db in
            try db.rows("SELECT number, applied_at FROM schema_migrations ORDER BY number") { row in
                [try row.next(Int.self), try row.next(Int.self)]
            }
        }
        #expect(noted == [[3, 7], [5, 7], [8, 7]])
    }

    @Test func aMigrationThatComesLaterWithASmallerNumberStillRuns() async throws {
        let store = try open()
        try await Migrator([Self.people, Self.cities]).run(store, now: 0)
        #expect(try await Migrator([Self.people, Self.ages, Self.cities]).run(store, now: 0) == [5])
    }

    @Test func anOlderSchemaIsBroughtUpWithAllItsRows() async throws {
        let store = try open()
        try await Migrator([Self.people]).run(store, now: 0)
        try await store.run("INSERT INTO people (name) VALUES ('Ada'), ('Grace')")
        #expect(try await Migrator([Self.people, Self.ages, Self.cities]).run(store, now: 1) == [5, 8])
        let ages = try await store.read { db in
            try db.values("SELECT age FROM people ORDER BY name", as: Int64.self)
        }
        #expect(ages == [30, 0])
    }

    @Test func theQueueOfAnOlderServerIsKeptWhenOtherAreasCome() async throws {
        let store = try open()
        let bench = try await QueueBench(store)
        let jobID = try await bench.add(QueueBench.request(input: ["kept": true]))
        let missing = try await Migrator(JobTable.migrations + CollectionTable.migrations).run(store, now: 0)
        #expect(missing == [2, 5, 8, 18])
        #expect(try await bench.lease().map(\.jobID) == [jobID])
        #expect(try await bench.events(jobID).count == 2)
    }

    @Test func aNewerSchemaIsRefusedAndNothingIsChanged() async throws {
        let store = try open()
        try await Migrator([Self.people, Self.cities]).run(store, now: 0)
        try await store.run("INSERT INTO people (name) VALUES ('Ada')")
        let older = Migrator([Self.people, Self.ages])
        for _ in 0..<2 {
            let error = await #expect(throws: HearthError.self) { try await older.run(store, now: 1) }
            #expect(error?.code == .schemaTooNew)
            #expect(error?.message.contains("8") == true, "it names what it does not know")
        }
        let error = await #expect(throws: HearthError.self) { try await older.isCurrent(store) }
        #expect(error?.code == .schemaTooNew)
        #expect(try await Migrator([Self.people, Self.cities]).run(store, now: 2) == [])
        #expect(try await names(in: store, of: "people") == ["Ada"])
        #expect(try await names(in: store, of: "schema_migrations") == ["cities", "people"])
    }

    @Test func aMigrationThatFailsLeavesNothingOfItselfNorOfThoseBeforeIt() async throws {
        let store = try open()
        try await Migrator([Self.people]).run(store, now: 0)
        let broken = Migration(9, "broken") { _ in ["CREATE TABLE half (name TEXT)", "CREATE TABLE people (name TEXT)"]
        }
        await #expect(throws: HearthError.self) {
            try await Migrator([Self.people, Self.cities, broken]).run(store, now: 1)
        }
        #expect(try await names(in: store, of: "schema_migrations") == ["people"])
        #expect(try await Migrator([Self.people, Self.cities]).run(store, now: 2) == [8])
        try await store.run("CREATE TABLE half (name TEXT)")
    }

    @Test func aMigrationFillsInWhatNoStatementCanSay() async throws {
        let store = try open()
        try await Migrator([Self.people]).run(store, now: 0)
        try await store.run("INSERT INTO people (name) VALUES ('Ada')")
        let upper = Migration(
            9, "upper",
            fill: { db in
                for name in try db.values("SELECT name FROM people", as: String.self) {
                    try db.execute("UPDATE people SET upper = \(name.uppercased()) WHERE name = \(name)")
                }
            }
        ) { _ in ["ALTER TABLE people ADD COLUMN upper TEXT"] }
        #expect(try await Migrator([Self.people, upper]).run(store, now: 1) == [9])
        let filled = try await store.read { db in try db.values("SELECT upper FROM people", as: String.self) }
        #expect(filled == ["ADA"])
        let broken = Migration(10, "broken", fill: { _ in throw HearthError(.internalError, "It fails.") }) { _ in
            ["CREATE TABLE half (name TEXT)"]
        }
        await #expect(throws: HearthError.self) {
            try await Migrator([Self.people, upper, broken]).run(store, now: 2)
        }
        try await store.run("CREATE TABLE half (name TEXT)")
    }

    @Test func aStoreIsCurrentWhenItHasJustThisSchema() async throws {
        let store = try open()
        let migrator = Migrator([Self.people, Self.ages])
        #expect(try await !migrator.isCurrent(store), "an empty file")
        try await Migrator([Self.people]).run(store, now: 0)
        #expect(try await !migrator.isCurrent(store), "an older one")
        try await migrator.run(store, now: 0)
        #expect(try await migrator.isCurrent(store))
    }

    @Test func manyWhoOpenAtOnceMigrateOnce() async throws {
        let migrator = Migrator([Self.people, Self.ages, Self.cities])
        for _ in 0..<5 {
            let folder = try TemporaryFolder(.memory)
            let ran = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 {
                    // A store each, as processes have them.
                    group.addTask {
                        try await migrator.run(SQLiteStore(path: folder.file("hearth.db")), now: 0)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ran.sorted() == [3, 5, 8])
        }
    }
}

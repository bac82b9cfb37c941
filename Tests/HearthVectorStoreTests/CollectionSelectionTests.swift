import HearthCore
import HearthSQLite
import HearthTesting
import HearthVectors
import Testing

@testable import HearthVectorStore

/// Records that are chosen by filters: no more rows are read than are needed to find them.
@Suite(.timeLimit(.minutes(2))) struct CollectionSelectionTests {
    /// Counts the rows that are read on their way to the code under test.
    private final class CountingConnection: SQLConnection {
        private let connection: any SQLConnection
        private(set) var rows = 0

        init(_ connection: any SQLConnection) { self.connection = connection }

        var dialect: SQLDialect { connection.dialect }

        func execute(_ statement: SQL) throws -> Int { try connection.execute(statement) }

        func query(_ statement: SQL) throws -> [SQLRow] {
            let found = try connection.query(statement)
            rows += found.count
            return found
        }

        func query(_ statement: SQL, while body: (SQLRow) throws -> Bool) throws {
            try connection.query(statement) { row in
                rows += 1
                return try body(row)
            }
        }

        func afterCommit(_ action: @escaping @Sendable () -> Void) { connection.afterCommit(action) }

        func afterCommit(onceFor owner: any AnyObject & Sendable, _ action: @escaping @Sendable () -> Void) {
            connection.afterCommit(onceFor: owner, action)
        }
    }

    private static let count = 3_000

    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let table = CollectionTable()
    private let collection: CollectionTable.Collection

    /// Records in another order than that of their ids; every tenth is red, every third says "hat".
    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("vectors.db"))
        try await Migrator(CollectionTable.migrations).run(store, now: 0)
        let table = table
        collection = try await store.write { db in
            let collection = try table.make(name: "shop", of: .local, metric: .cosine, dims: 2, in: db)
            for start in stride(from: 0, to: Self.count, by: 500) {
                let records = (start..<start + 500).map { number in
                    CollectionTable.Record(
                        item: Self.id(number), vector: [1, Float(number)],
                        attributes: ["red": .flag(number % 10 == 0)],
                        document: number % 3 == 0 ? "a hat" : "a coat")
                }
                try table.upsert(records: records, into: collection, in: db, now: 0)
            }
            return collection
        }
    }

    private static func id(_ number: Int) -> String { "item-\(number * 7_919 % 10_007)" }

    private func items(
        _ selection: CollectionTable.Selection, most: Int = .max
    ) async throws -> (items: [String], rows: Int) {
        try await store.read { [table, collection] db in
            let counted = CountingConnection(db)
            return (try table.items(of: collection, selection, most: most, in: counted), counted.rows)
        }
    }

    private let red = VectorFilter.equals("red", .flag(true))

    @Test func theFirstOnesAreFoundWithoutReadingTheOthers() async throws {
        let found = try await items(.init(filter: red, limit: 5, offset: 2))
        #expect(found.items == (2..<7).map { Self.id($0 * 10) }, "in the order in which they came to be")
        #expect(found.rows == 61, "up to the seventh red one")
    }

    @Test func aDocumentIsLookedForInTheSameWay() async throws {
        let hats = DocumentFilter(words: ["hat"], root: .contains(0))
        let found = try await items(.init(filter: red, document: hats, limit: 4))
        #expect(found.items == [0, 30, 60, 90].map(Self.id))
        #expect(found.rows == 91)
    }

    @Test func withoutALimitAllAreFoundAndACallerMayTakeFewer() async throws {
        let all = try await items(.init(filter: red))
        #expect(all.items.count == 300)
        #expect(all.rows == Self.count)
        let some = try await items(.init(filter: red), most: 11)
        #expect(some.items.count == 11)
        #expect(some.rows == 101)
        #expect(try await items(.init(), most: 11).items == (0..<11).map(Self.id))
    }

    @Test func nothingIsReadWhereNothingIsWanted() async throws {
        let none = try await items(.init(filter: red, limit: 0))
        #expect(none.items.isEmpty && none.rows == 0)
        let unnamed = try await items(.init(filter: .items([String]())))
        #expect(unnamed.items.isEmpty && unnamed.rows == 0)
    }

    @Test func namedOnesAreLookedUp() async throws {
        let found = try await items(.init(filter: .all([.items([Self.id(20), Self.id(21), "none"]), red])))
        #expect(found.items == [Self.id(20)])
        #expect(found.rows == 2)
    }

    @Test func aStepGoesOnWhereTheOneBeforeStopped() async throws {
        var (found, last): ([String], String?) = ([], nil)
        while true {
            let after = last
            let page = try await store.read { [table, collection, red] db in
                try table.items(of: collection, .init(filter: red), after: after, in: db)
            }
            guard page.last != nil else { break }
            found += page.items
            last = page.last
        }
        #expect(found == (0..<300).map { Self.id($0 * 10) }.sorted())
    }
}

import Foundation
import HearthCore
import HearthSQLite
import HearthTesting
import Testing

/// Values stand where they belong in a statement, and never become a part of its text.
@Suite struct SQLTests {
    @Test func aValueBecomesAPlaceholderAndAnArgument() {
        let (name, age): (String, Int?) = ("'; DROP TABLE people; --", nil)
        let statement: SQL = "INSERT INTO people (name, age, born) VALUES (\(name), \(age), \(Int64(5)))"
        #expect(statement.text == "INSERT INTO people (name, age, born) VALUES (?, ?, ?)")
        #expect(statement.arguments == [.text(name), .null, .integer(5)])
    }

    @Test func equalLiteralsGiveEqualTextsWhateverTheValues() {
        func statement(_ name: String) -> SQL { "SELECT id FROM people WHERE name = \(name)" }
        #expect(statement("a").text == statement("? OR 1 = 1").text)
    }

    @Test func aListHasAPlaceholderForEachValue() {
        #expect(("x IN \(list: ["a", "b"])" as SQL).text == "x IN (?, ?)")
        #expect(("x IN \(list: [1])" as SQL).arguments == [.integer(1)])
        #expect(("x IN \(list: [String]())" as SQL).text == "x IN (NULL)", "in which nothing is")
    }

    @Test func partsBringTheirArguments() {
        let part: SQL = " AND age > \(30)"
        let statement: SQL = "SELECT id FROM people WHERE name = \("Ada")\(part) LIMIT \(1)"
        #expect(statement.text == "SELECT id FROM people WHERE name = ? AND age > ? LIMIT ?")
        #expect(statement.arguments == [.text("Ada"), .integer(30), .integer(1)])
        #expect((part + part).arguments == [.integer(30), .integer(30)])
        #expect(("ORDER BY \(verbatim: SQLDialect.sqlite.insertionOrder)" as SQL).text == "ORDER BY rowid")
    }

    private enum Colour: String, SQLColumn { case red, green }

    @Test func valuesOfEachTypeComeBackAsTheyWere() throws {
        func back<Value: SQLColumn & Equatable>(_ value: Value) -> Bool { Value(sqlValue: value.sqlValue) == value }
        #expect(back("é\u{1}") && back(Int64.min) && back(7) && back(true) && back(false) && back(-0.5))
        #expect(back(Data([0, 255])) && back(Colour.green) && back(String?.none) && back(String?.some("a")))
        #expect(Double(sqlValue: .integer(3)) == 3, "a real may come as an integer")
    }

    @Test func aValueOfAnotherKindIsRefused() {
        #expect(String(sqlValue: .integer(1)) == nil && Int(sqlValue: .text("1")) == nil)
        #expect(String(sqlValue: .null) == nil && Colour(sqlValue: .text("blue")) == nil)
        #expect(Int?(sqlValue: .text("1")) == nil)
    }

    /// A person as a row.
    private struct Person: SQLDecodable, Equatable {
        static let columns: SQL = "name, age, likes"
        let name: String
        let age: Int?
        let likes: Colour

        init(row: inout SQLRow) throws {
            name = try row.next()
            age = try row.next()
            likes = try row.next()
        }
    }

    private func people() async throws -> (TemporaryFolder, SQLiteStore) {
        let folder = try TemporaryFolder(.memory)
        let store = try SQLiteStore(path: folder.file("rows.db"))
        try await store.run("CREATE TABLE people (name TEXT NOT NULL, age BIGINT, likes TEXT NOT NULL)")
        try await store.run("INSERT INTO people (name, age, likes) VALUES (\("Ada"), \(36), \(Colour.red))")
        try await store.run("INSERT INTO people (name, likes) VALUES (\("Grace"), \("green"))")
        return (folder, store)
    }

    @Test func rowsAreReadByType() async throws {
        let (folder, store) = try await people()
        let found = try await store.read { db in
            try db.rows("SELECT \(Person.columns) FROM people ORDER BY name", as: Person.self)
        }
        #expect(found.map(\.name) == ["Ada", "Grace"] && found.map(\.age) == [36, nil])
        #expect(found.map(\.likes) == [.red, .green])
        let (count, old, isThere, ages) = try await store.read { db in
            (
                try db.value("SELECT COUNT(*) FROM people", as: Int.self),
                try db.value("SELECT name FROM people WHERE age > \(40)", as: String.self),
                try db.exists("SELECT 1 FROM people WHERE likes = \(Colour.green)"),
                try db.values("SELECT age FROM people ORDER BY name", as: Int?.self)
            )
        }
        #expect(count == 2 && old == nil && isThere && ages == [36, nil])
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: ["name, age", "name, age, likes, name", "age, age, likes", "name, likes, age", "name, age, name"])
    func columnsThatDoNotFitTheTypeAreAnError(columns: String) async throws {
        let (folder, store) = try await people()
        let error = await #expect(throws: HearthError.self) {
            _ = try await store.read { db in
                try db.rows("SELECT \(verbatim: columns) FROM people ORDER BY name DESC", as: Person.self)
            }
        }
        #expect(error?.code == .internalError)
        withExtendedLifetime(folder) {}
    }
}

import Foundation
import HearthAssembly
import HearthCore
import HearthSQLite
import HearthTesting
import Testing

/// There is one list of migrations, and everything that opens a database uses it.
@Suite(.timeLimit(.minutes(3))) struct SchemaTests {
    @Test func theListIsInOrderAndWithoutGaps() {
        #expect(Schema.migrations.map(\.number) == Array(1...Schema.migrations.count))
        #expect(Set(Schema.migrations.map(\.name)).count == Schema.migrations.count)
    }

    @Test func everyMigrationOfTheSourcesIsInTheList() throws {
        let sources = TestFolders.package.appendingPathComponent("Sources").path
        var numbers: [Int] = []
        let walker = FileManager.default.enumerator(atPath: sources)
        while let name = walker?.nextObject() as? String {
            guard name.hasSuffix(".swift") else { continue }
            let text = try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8)
            numbers += text.matches(of: /\bMigration\((\d+), "/).compactMap { Int($0.1) }
        }
        #expect(numbers.sorted() == Schema.migrations.map(\.number))
    }

    @Test func aNewDatabaseIsCurrentAfterOneRun() async throws {
        let folder = try TemporaryFolder(.memory)
        let store = try SQLiteStore(path: folder.file("hearth.db"))
        let migrator = Migrator(Schema.migrations)
        #expect(try await !migrator.isCurrent(store))
        #expect(try await migrator.run(store, now: 0).count == Schema.migrations.count)
        #expect(try await migrator.isCurrent(store))
        #expect(try await migrator.run(store, now: 0) == [])
    }
}

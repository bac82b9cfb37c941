import Foundation
import GRDB
import HearthCore

/// A GRDB connection behind the store's words.
final class SQLiteConnection: SQLConnection {
    private let db: Database
    /// What runs after the commit.
    private(set) var actions: [@Sendable () -> Void] = []

    init(_ db: Database) { self.db = db }

    var dialect: SQLDialect { .sqlite }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { actions.append(action) }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        do {
            let statement = try db.cachedStatement(sql: sql)
            try statement.execute(arguments: try Self.bound(arguments))
            return db.changesCount
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    /// Refuses NUL in text: SQLite's C interface would end the text there, and another row might match it.
    private static func bound(_ arguments: [SQLValue]) throws -> StatementArguments {
        for case .text(let text) in arguments where text.utf8.contains(0) {
            throw HearthError(.invalidRequest, "Text may not contain the character NUL.")
        }
        return StatementArguments(arguments.map(\.databaseValue))
    }

    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow] {
        do {
            let statement = try db.cachedStatement(sql: sql)
            let columns = SQLRow.Columns(statement.columnNames)
            let count = statement.columnCount
            let cursor = try Row.fetchCursor(
                statement, arguments: try Self.bound(arguments))
            var rows: [SQLRow] = []
            while let row = try cursor.next() {
                rows.append(SQLRow(columns: columns, values: (0..<count).map { SQLValue(row[$0]) }))
            }
            return rows
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .real(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let value): value.databaseValue
        }
    }

    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let value): self = .integer(value)
        case .double(let value): self = .real(value)
        case .string(let value): self = .text(value)
        case .blob(let value): self = .blob(value)
        }
    }
}

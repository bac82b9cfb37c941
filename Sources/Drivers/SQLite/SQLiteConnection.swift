import Foundation
import GRDB
import GRDBSQLite
import HearthCore

/// A GRDB connection behind the store's words.
final class SQLiteConnection: SQLConnection {
    private let db: Database
    private let columns: ColumnCache
    /// What runs after the commit.
    private(set) var actions: [@Sendable () -> Void] = []

    init(_ db: Database, columns: ColumnCache) {
        self.db = db
        self.columns = columns
    }

    var dialect: SQLDialect { .sqlite }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { actions.append(action) }

    func execute(_ statement: HearthCore.SQL) throws -> Int {
        do {
            try db.cachedStatement(sql: statement.text).execute(arguments: try Self.bound(statement.arguments))
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
        // A closure: a key path would be looked up again for each argument.
        return StatementArguments(arguments.map { $0.databaseValue })
    }

    func query(_ statement: HearthCore.SQL) throws -> [SQLRow] {
        do {
            let prepared = try db.cachedStatement(sql: statement.text)
            try prepared.setArguments(try Self.bound(statement.arguments))
            return try rows(of: prepared, columns: columns.names(of: prepared, sql: statement.text))
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    /// Steps through the result without GRDB's row objects, which cost more than the look-up of a row by its key.
    private func rows(of statement: Statement, columns: SQLRow.Columns) throws -> [SQLRow] {
        let handle = statement.sqliteStatement
        // What went wrong was said by the last step already.
        defer { sqlite3_reset(handle) }
        var rows: [SQLRow] = []
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW:
                let values = (0..<sqlite3_column_count(handle)).map { SQLValue(column: $0, of: handle) }
                rows.append(SQLRow(columns: columns, values: values))
            case SQLITE_DONE:
                return rows
            case let code:
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: sqlite3_extended_errcode(db.sqliteConnection)),
                    message: db.lastErrorMessage ?? "code \(code)", sql: statement.sql)
            }
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

    fileprivate init(column: Int32, of statement: OpaquePointer) {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: self = .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let bytes = UnsafeBufferPointer(
                start: sqlite3_column_text(statement, column), count: Int(sqlite3_column_bytes(statement, column)))
            self = .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let count = Int(sqlite3_column_bytes(statement, column))
            self = .blob(sqlite3_column_blob(statement, column).map { Data(bytes: $0, count: count) } ?? Data())
        default: self = .null
        }
    }
}

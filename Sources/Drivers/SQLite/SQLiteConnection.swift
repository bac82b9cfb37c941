import Foundation
import GRDB
import GRDBSQLite
import HearthCore

/// A GRDB connection behind the store's words.
final class SQLiteConnection: SQLConnection {
    private let db: Database
    private let columns: ColumnCache
    /// Whether the caller of a long read has gone; nil of short reads and of writes.
    private let isLeft: LeftScan?
    /// What runs after the commit.
    private(set) var actions: [CommitAction] = []

    init(_ db: Database, columns: ColumnCache, isLeft: LeftScan? = nil) {
        self.db = db
        self.columns = columns
        self.isLeft = isLeft
    }

    var dialect: SQLDialect { .sqlite }

    func afterCommit(_ action: @escaping @Sendable () -> Void) {
        actions.append(CommitAction(owner: nil, run: action))
    }

    func afterCommit(onceFor owner: any AnyObject & Sendable, _ action: @escaping @Sendable () -> Void) {
        actions.append(CommitAction(owner: owner, run: action))
    }

    func execute(_ statement: HearthCore.SQL) throws -> Int {
        do {
            try run(statement) { _, _ in true }
            return Int(sqlite3_changes(db.sqliteConnection))
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    func query(_ statement: HearthCore.SQL) throws -> [SQLRow] {
        var rows: [SQLRow] = []
        try query(statement) { row in
            rows.append(row)
            return true
        }
        return rows
    }

    func query(_ statement: HearthCore.SQL, while body: (SQLRow) throws -> Bool) throws {
        do {
            var names: SQLRow.Columns?
            try run(statement) { prepared, handle in
                let columns = names ?? columns.names(of: prepared, sql: statement.text)
                names = columns
                let values = (0..<sqlite3_column_count(handle)).map { SQLValue(column: $0, of: handle) }
                return try body(SQLRow(columns: columns, values: values))
            }
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    /// Binds the arguments and steps to the end, or until `row` says that it wants no more.
    ///
    /// It does without GRDB's values and row objects: they cost more than the look-up of a row by its key.
    private func run(_ statement: HearthCore.SQL, row: (Statement, OpaquePointer) throws -> Bool) throws {
        let prepared = try db.cachedStatement(sql: statement.text)
        let handle = prepared.sqliteStatement
        defer {
            // What went wrong was said by the last step already.
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
        }
        guard Int(sqlite3_bind_parameter_count(handle)) == statement.arguments.count else {
            throw HearthError(.internalError, "A statement has another number of places than arguments.")
        }
        for (index, argument) in statement.arguments.enumerated() {
            try check(argument.bind(to: handle, at: Int32(index + 1)), prepared)
        }
        while true {
            try isLeft?.check()
            switch sqlite3_step(handle) {
            case SQLITE_ROW: guard try row(prepared, handle) else { return }
            case SQLITE_DONE: return
            case let code: try check(code, prepared)
            }
        }
    }

    private func check(_ code: Int32, _ statement: Statement) throws {
        guard code != SQLITE_OK else { return }
        throw DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(db.sqliteConnection)),
            message: db.lastErrorMessage ?? "code \(code)", sql: statement.sql)
    }
}

extension SQLValue {
    /// Refuses NUL in text: SQLite's C interface would end the text there, and another row might match it.
    fileprivate func bind(to statement: OpaquePointer, at place: Int32) throws(HearthError) -> Int32 {
        switch self {
        case .null: return sqlite3_bind_null(statement, place)
        case .integer(let value): return sqlite3_bind_int64(statement, place, value)
        case .real(let value): return sqlite3_bind_double(statement, place, value)
        case .text(var text):
            let code = text.withUTF8 { bytes -> Int32? in
                guard !bytes.contains(0) else { return nil }
                // An empty text may have no address, which would be null to SQLite.
                guard let start = bytes.baseAddress else {
                    return sqlite3_bind_text(statement, place, "", 0, Self.copy)
                }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text(statement, place, $0, Int32(bytes.count), Self.copy)
                }
            }
            guard let code else { throw HearthError(.invalidRequest, "Text may not contain the character NUL.") }
            return code
        case .blob(let bytes):
            return bytes.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress, !bytes.isEmpty else {
                    return sqlite3_bind_zeroblob(statement, place, 0)
                }
                return sqlite3_bind_blob(statement, place, start, Int32(bytes.count), Self.copy)
            }
        }
    }

    /// `SQLITE_TRANSIENT`, a macro that Swift does not see: SQLite copies what is bound.
    private static var copy: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

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

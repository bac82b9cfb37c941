/// A connection inside a transaction: valid only within the closure that received it.
///
/// Statements use the common subset of SQL; ``SQLDialect`` holds what differs.
package protocol SQLConnection {
    var dialect: SQLDialect { get }

    /// Runs a statement and returns the number of changed rows.
    /// - Throws: ``StoreConstraintError`` when a constraint refuses it; ``HearthError`` otherwise.
    @discardableResult
    func execute(_ statement: SQL) throws -> Int

    /// Runs a query (or a statement with RETURNING) and returns its rows.
    /// - Throws: as ``execute(_:)``.
    func query(_ statement: SQL) throws -> [SQLRow]

    /// Runs a query and hands over its rows one by one, until `body` says that it wants no more: those behind are not
    /// read, and none is kept.
    /// - Parameter body: Must not use the connection.
    /// - Throws: as ``execute(_:)``, and what `body` throws.
    func query(_ statement: SQL, while body: (SQLRow) throws -> Bool) throws

    /// Runs after the transaction is on disk; never when it is rolled back. Must not block.
    func afterCommit(_ action: @escaping @Sendable () -> Void)

    /// As ``afterCommit(_:)``, but of the actions for one owner a single one runs after a commit, however many of the
    /// writes that share it ask for one.
    func afterCommit(onceFor owner: any AnyObject & Sendable, _ action: @escaping @Sendable () -> Void)
}

/// A type that is read from the columns of a row, in the order of its own list of columns.
package protocol SQLDecodable {
    init(row: inout SQLRow) throws
}

extension SQLConnection {
    /// The rows of a query, each read by a closure that takes all of its columns.
    /// - Throws: ``HearthError`` `internal_error` when a column is of another type, or not all were taken.
    package func rows<T>(_ statement: SQL, _ read: (inout SQLRow) throws -> T) throws -> [T] {
        try query(statement).map { row in
            var row = row
            let value = try read(&row)
            guard row.isAtEnd else {
                throw HearthError(.internalError, "The store returned more columns than were asked for.")
            }
            return value
        }
    }

    /// The rows of a query as values of a type.
    package func rows<T: SQLDecodable>(_ statement: SQL, as type: T.Type) throws -> [T] {
        try rows(statement) { try T(row: &$0) }
    }

    /// The values of a query of one column.
    package func values<T: SQLColumn>(_ statement: SQL, as type: T.Type) throws -> [T] {
        try rows(statement) { try $0.next(T.self) }
    }

    /// The first row; nil when there is none.
    package func row<T>(_ statement: SQL, _ read: (inout SQLRow) throws -> T) throws -> T? {
        try rows(statement, read).first
    }

    /// The first row as a value of a type; nil when there is none.
    package func row<T: SQLDecodable>(_ statement: SQL, as type: T.Type) throws -> T? {
        try rows(statement, as: type).first
    }

    /// The one column of the first row; nil when there is none.
    package func value<T: SQLColumn>(_ statement: SQL, as type: T.Type) throws -> T? {
        try values(statement, as: type).first
    }

    /// Whether a query has a row.
    package func exists(_ statement: SQL) throws -> Bool { try !query(statement).isEmpty }
}

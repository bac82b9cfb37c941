/// A connection inside a transaction: valid only within the closure that received it.
///
/// Statements use `?` for arguments and the common subset of SQL; ``SQLDialect`` holds what differs.
package protocol SQLConnection {
    var dialect: SQLDialect { get }

    /// Runs a statement and returns the number of changed rows.
    /// - Throws: ``StoreConstraintError`` when a constraint refuses it; ``HearthError`` otherwise.
    @discardableResult
    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int

    /// Runs a query (or a statement with RETURNING) and returns its rows.
    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow]

    /// Runs after the transaction is on disk; never when it is rolled back. Must not block.
    func afterCommit(_ action: @escaping @Sendable () -> Void)
}

extension SQLConnection {
    @discardableResult
    package func execute(_ sql: String) throws -> Int { try execute(sql, []) }

    package func query(_ sql: String) throws -> [SQLRow] { try query(sql, []) }

    /// The first row, or nil.
    package func first(_ sql: String, _ arguments: [SQLValue] = []) throws -> SQLRow? {
        try query(sql, arguments).first
    }

    /// `?, ?, ?`: the placeholders of a list.
    package func placeholders(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ", ")
    }
}

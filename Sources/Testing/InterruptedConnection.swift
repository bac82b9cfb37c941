package import HearthCore

/// A connection on which another client writes, once, right after a certain statement: what a database with weak
/// isolation lets another connection do between two statements of one transaction.
package final class InterruptedConnection: SQLConnection {
    private let connection: any SQLConnection
    private let beginning: String
    private let interruption: (any SQLConnection) throws -> Void
    private var isOver = false

    /// - Parameters:
    ///   - beginning: of the statement's text.
    ///   - interruption: what the other does.
    package init(
        _ connection: any SQLConnection, after beginning: String,
        _ interruption: @escaping (any SQLConnection) throws -> Void
    ) {
        self.connection = connection
        self.beginning = beginning
        self.interruption = interruption
    }

    package var dialect: SQLDialect { connection.dialect }

    /// Passes the statement on; returns the number of rows that it changed.
    package func execute(_ statement: SQL) throws -> Int { try connection.execute(statement) }

    /// Passes the statement on, and runs the interruption once, after the first that begins so.
    package func query(_ statement: SQL) throws -> [SQLRow] {
        let rows = try connection.query(statement)
        if !isOver, statement.text.hasPrefix(beginning) {
            isOver = true
            try interruption(connection)
        }
        return rows
    }

    /// Passes the statement on; such a reading is not interrupted.
    package func query(_ statement: SQL, while body: (SQLRow) throws -> Bool) throws {
        try connection.query(statement, while: body)
    }

    /// Passes the closure on.
    package func afterCommit(_ body: @escaping @Sendable () -> Void) { connection.afterCommit(body) }

    /// Passes owner and closure on.
    package func afterCommit(onceFor owner: any AnyObject & Sendable, _ body: @escaping @Sendable () -> Void) {
        connection.afterCommit(onceFor: owner, body)
    }
}

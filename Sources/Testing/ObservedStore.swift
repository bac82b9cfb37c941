package import HearthCore

/// A store that notes the statements of each read.
package struct ObservedStore: Store {
    private let store: any Store
    private let noted = Locked<[[SQL]]>([])

    /// Notes what is read of another store.
    package init(_ store: any Store) { self.store = store }

    /// Reads as the other store does.
    /// - Throws: what the other store and `body` throw.
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        let noted = noted
        return try await store.read { db in
            let connection = ObservedConnection(db)
            defer { noted.withLock { $0.append(connection.statements) } }
            return try body(connection)
        }
    }

    /// Writes as the other store does.
    /// - Throws: what the other store and `body` throw.
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        try await store.write(body)
    }

    /// Removes as the other store does.
    /// - Throws: what the other store and `body` throw.
    package func remove<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        try await store.remove(body)
    }

    /// The statements of each read while `body` runs, in the order in which the reads ended.
    /// - Throws: what `body` throws.
    package func reads(during body: () async throws -> Void) async throws -> [[SQL]] {
        noted.withLock { $0 = [] }
        try await body()
        return noted.withLock { $0 }
    }

    /// How the store finds the rows of a statement, one text for each table: `SEARCH anchors USING INDEX …`.
    /// - Throws: what the store throws.
    package func plan(of statement: SQL) async throws -> [String] {
        try await store.read { db in
            try db.rows(SQL(verbatim: "EXPLAIN QUERY PLAN \(statement.text)", statement.arguments)) { row in
                for _ in 0..<3 { _ = try row.next(Int.self) }
                return try row.next(String.self)
            }
        }
    }
}

/// Notes what it is asked.
private final class ObservedConnection: SQLConnection {
    private let db: any SQLConnection
    private(set) var statements: [SQL] = []

    init(_ db: any SQLConnection) { self.db = db }

    var dialect: SQLDialect { db.dialect }

    func execute(_ statement: SQL) throws -> Int {
        statements.append(statement)
        return try db.execute(statement)
    }

    func query(_ statement: SQL) throws -> [SQLRow] {
        statements.append(statement)
        return try db.query(statement)
    }

    func query(_ statement: SQL, while body: (SQLRow) throws -> Bool) throws {
        statements.append(statement)
        try db.query(statement, while: body)
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { db.afterCommit(action) }

    func afterCommit(onceFor owner: any AnyObject & Sendable, _ action: @escaping @Sendable () -> Void) {
        db.afterCommit(onceFor: owner, action)
    }
}

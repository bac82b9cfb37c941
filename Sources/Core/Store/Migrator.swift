/// Brings a store to the newest schema, or refuses one that a newer Hearth has written.
package struct Migrator: Sendable {
    private let migrations: [Migration]

    package init(_ migrations: [Migration]) {
        self.migrations = migrations.sorted { $0.number < $1.number }
    }

    /// Runs what is missing, in order, all of it in one transaction.
    /// - Returns: the numbers that ran.
    /// - Throws: ``HearthError`` `schema_too_new`; the data is untouched then.
    @discardableResult
    package func run(_ store: any Store, now: Int64) async throws -> [Int] {
        let migrations = migrations
        return try await store.write { db in
            try db.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL,
                  applied_at BIGINT NOT NULL)
                """)
            let applied = Set(try Self.applied(db))
            try Self.refuseNewer(applied, known: migrations)
            var ran: [Int] = []
            for migration in migrations where !applied.contains(migration.number) {
                for statement in migration.statements(db.dialect) { try db.execute(SQL(verbatim: statement)) }
                try migration.fill?(db)
                try db.execute(
                    """
                    INSERT INTO schema_migrations (number, name, applied_at)
                    VALUES (\(migration.number), \(migration.name), \(now))
                    """)
                ran.append(migration.number)
            }
            return ran
        }
    }

    /// Whether the store has exactly this schema; the worker waits for the front to migrate.
    package func isCurrent(_ store: any Store) async throws -> Bool {
        let migrations = migrations
        return try await store.read { db in
            let applied: Set<Int>
            do {
                applied = Set(try Self.applied(db))
            } catch let error as HearthError where error.code == .internalError {
                // The statement was refused: there is no such table yet. A store that cannot be read says so itself.
                return false
            }
            try Self.refuseNewer(applied, known: migrations)
            return applied == Set(migrations.map(\.number))
        }
    }

    /// Refuses a store with migrations that are not among these; it must have the table of migrations.
    /// - Throws: ``HearthError`` `schema_too_new`.
    package func requireKnown(in db: any SQLConnection) throws {
        try Self.refuseNewer(Set(try Self.applied(db)), known: migrations)
    }

    private static func applied(_ db: any SQLConnection) throws -> [Int] {
        try db.values("SELECT number FROM schema_migrations ORDER BY number", as: Int.self)
    }

    private static func refuseNewer(_ applied: Set<Int>, known: [Migration]) throws {
        guard let unknown = applied.subtracting(known.map(\.number)).max() else { return }
        throw HearthError(
            .schemaTooNew, "The data folder has schema \(unknown), which this Hearth does not know.",
            hint: "Start the newer Hearth that wrote it, or restore a backup made by this version.")
    }
}

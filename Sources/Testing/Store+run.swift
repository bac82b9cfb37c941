package import HearthCore

extension Store {
    /// Runs one statement in a write of its own.
    package func run(_ statement: SQL) async throws {
        _ = try await write { db in try db.execute(statement) }
    }
}

import GRDB
package import HearthCore

/// A SQLite file that another program writes, or an earlier server, opened to be read only.
package final class SQLiteArchive: Sendable {
    private let queue: DatabaseQueue
    private let columns = ColumnCache()

    /// - Throws: ``HearthError`` `storage_unavailable` when it cannot be opened.
    package init(path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .callback(SQLiteStore.waitForOtherProcess)
        do {
            queue = try SQLiteStore.waitingForOthers { try DatabaseQueue(path: path, configuration: configuration) }
        } catch {
            throw HearthError(.storageUnavailable, "The file \(path) cannot be read as a database.", cause: error)
        }
    }

    /// Runs a body on a consistent snapshot.
    /// - Throws: what the body throws; ``HearthError``.
    package func read<T>(_ body: (any SQLConnection) throws -> T) throws -> T {
        do {
            return try SQLiteStore.waitingForOthers {
                try queue.read { db in try body(SQLiteConnection(db, columns: columns)) }
            }
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }
}

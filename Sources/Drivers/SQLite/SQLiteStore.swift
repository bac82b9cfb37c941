import Dispatch
import Foundation
import GRDB
package import HearthCore

/// The default store: one SQLite file in WAL mode, fsynced at each commit, one writer that groups waiting writes.
///
/// Other processes of the machine (the worker) open the same file; SQLite's own lock orders their commits.
package final class SQLiteStore: Store {
    private enum Admission { case refused, joined, starts }

    private struct Queue {
        var waiting: [any PendingWrite] = []
        var isDraining = false
    }

    private let pool: DatabasePool
    private let writer = DispatchQueue(label: "hearth.sqlite.writer", qos: .userInitiated)
    private let queue = Locked(Queue())
    private let columns = ColumnCache()

    /// Opens or makes the file.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    package init(path: String) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = max(4, ProcessInfo.processInfo.activeProcessorCount)
        configuration.busyMode = .callback(Self.waitForOtherProcess)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = \(db.configuration.readonly ? -1_024 : -4_096);
                    PRAGMA wal_autocheckpoint = 4000;
                    """)
        }
        do {
            pool = try Self.open(path, configuration)
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    /// Opens the file, and waits while another process opens or closes it: SQLite asks the busy handler neither when it
    /// turns WAL on nor when the last process that leaves removes the log (<https://www.sqlite.org/wal.html>, section
    /// 7).
    private static func open(_ path: String, _ configuration: Configuration) throws -> DatabasePool {
        let deadline = ContinuousClock.now + Limits.storeBusy
        while true {
            do {
                let pool = try DatabasePool(path: path, configuration: configuration)
                // DatabasePool lowers it to NORMAL when it turns WAL on; an acknowledged write must be on disk.
                try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
                return pool
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
            {
                usleep(1_000)
            }
        }
    }

    /// Reads one snapshot on the caller's thread.
    /// - Throws: ``HearthError`` `storage_unavailable`; what `body` throws.
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        try readHere(body)
    }

    /// Reads on the caller's thread: a read takes less time than two changes of thread, and there are as many
    /// connections as threads that could ask for one.
    private func readHere<T>(_ body: (any SQLConnection) throws -> T) throws -> T {
        do {
            // Readers are opened read-only, so all that a read needs is one snapshot.
            return try pool.unsafeRead { db in
                try db.cachedStatement(sql: "BEGIN").execute()
                defer { try? db.cachedStatement(sql: "COMMIT").execute() }
                return try body(SQLiteConnection(db, columns: columns))
            }
        } catch {
            throw SQLiteFailure.translate(error)
        }
    }

    /// Runs `body` in a transaction that others may share; returns when it is on disk.
    /// - Throws: ``HearthError`` `overloaded`, `insufficient_storage`, `storage_unavailable`; what `body` throws.
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(QueuedWrite(body: body, continuation: continuation))
        }
    }

    private func enqueue(_ write: some PendingWrite) {
        let admission: Admission = queue.withLock { queue in
            guard queue.waiting.count < Limits.waitingWrites else { return .refused }
            queue.waiting.append(write)
            guard !queue.isDraining else { return .joined }
            queue.isDraining = true
            return .starts
        }
        switch admission {
        case .refused:
            write.fail(HearthError(.overloaded, "Too many writes are waiting.", retryAfter: 1))
        case .joined:
            break
        case .starts:
            writer.async { [self] in drain() }
        }
    }

    /// Commits groups until nothing waits; runs on the writer's queue only.
    private func drain() {
        while true {
            let group = queue.withLock { queue -> [any PendingWrite] in
                let group = Array(queue.waiting.prefix(Limits.groupedWrites))
                queue.waiting.removeFirst(group.count)
                queue.isDraining = !group.isEmpty
                return group
            }
            guard !group.isEmpty else { return }
            commit(group)
        }
    }

    private func commit(_ group: [any PendingWrite]) {
        do {
            try pool.writeWithoutTransaction { db in
                try db.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
                do {
                    for write in group { try perform(write, in: db) }
                    try db.cachedStatement(sql: "COMMIT").execute()
                } catch {
                    if db.isInsideTransaction { try? db.execute(sql: "ROLLBACK") }
                    throw error
                }
            }
            for write in group { write.finish() }
        } catch {
            let failure = SQLiteFailure.translate(error)
            for write in group { write.fail(failure) }
        }
    }

    /// Runs one write in its savepoint: when it throws, only it is undone.
    private func perform(_ write: any PendingWrite, in db: Database) throws {
        let connection = SQLiteConnection(db, columns: columns)
        try db.cachedStatement(sql: "SAVEPOINT one").execute()
        if let error = write.perform(on: connection) {
            // A full disk ends the whole transaction inside SQLite: then the group has failed, not only this write.
            guard db.isInsideTransaction else { throw error }
            try db.cachedStatement(sql: "ROLLBACK TO one").execute()
        }
        try db.cachedStatement(sql: "RELEASE one").execute()
    }

    /// Waits in short steps while another process commits, for ten seconds at most.
    private static func waitForOtherProcess(tries: Int) -> Bool {
        // 0.1 ms for the first tenth of a second, then 1 ms: a commit takes about one.
        let (fine, coarse): (Int, Int) = (1_000, Int(Limits.storeBusy.milliseconds))
        guard tries < fine + coarse else { return false }
        usleep(tries < fine ? 100 : 1_000)
        return true
    }
}

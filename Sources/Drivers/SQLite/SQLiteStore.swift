package import Foundation
import GRDB
package import HearthCore

/// The default store: one SQLite file in WAL mode, fsynced at each commit, and one thread that writes all that waits:
/// first the files, by one write to disk, then the rows, by one transaction, or several when they are many.
///
/// See docs/decisions/0019-one-commit-thread.md.
///
/// Other processes of the machine (the worker) open the same file; SQLite's own lock orders their commits.
package final class SQLiteStore: Store, DurableWriter {
    /// Where long reads run: two of them at once, so that readers are left for the short ones.
    private let scanning = BlockingThreads(name: "hearth-scan", threads: 2)
    private let pool: DatabasePool
    private let queue = WriteQueue()
    private let columns = ColumnCache()
    private let files: (any FileGroupWriter)?
    private let reserve: (any SpaceReserve)?
    /// Rows of the largest transaction of this process.
    package let meter = TransactionMeter()

    /// Opens or makes the file.
    /// - Parameters:
    ///   - files: where ``write(_:_:)`` writes files; it may not be called when there are none.
    ///   - reserve: what ``remove(_:)`` may use when the disk is full.
    /// - Throws: ``HearthError`` `storage_unavailable`.
    package init(
        path: String, files: (any FileGroupWriter)? = nil, reserve: (any SpaceReserve)? = nil
    ) throws {
        self.files = files
        self.reserve = reserve
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
        startThread()
    }

    deinit {
        queue.stop()
        scanning.stop()
    }

    /// The one thread that writes; it ends when the store is gone and nothing waits.
    private func startThread() {
        let (queue, files) = (queue, files)
        let commit = GroupCommit(pool: pool, columns: columns, meter: meter, reserve: reserve)
        let thread = Thread {
            Thread.current.name = "hearth-commit"
            while let group = queue.next() { commit.commit(group, files: files) }
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    private static func open(_ path: String, _ configuration: Configuration) throws -> DatabasePool {
        try waitingForOthers {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // DatabasePool lowers it to NORMAL when it turns WAL on; an acknowledged write must be on disk.
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            return pool
        }
    }

    /// Waits while another process opens or closes the file, or repairs its log after a crash: SQLite asks the busy
    /// handler neither when it turns WAL on nor when the last process that leaves removes the log
    /// (<https://www.sqlite.org/wal.html>, section 7).
    static func waitingForOthers<Result>(_ body: () throws -> Result) throws -> Result {
        let deadline = ContinuousClock.now + Limits.storeBusy
        while true {
            do {
                return try body()
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

    /// Reads one snapshot on a thread of the store's own.
    /// - Throws: as ``read(_:)``; ``HearthError`` `overloaded` when too many such reads wait; `CancellationError` when
    ///   the caller was cancelled before it began, or before its next row.
    package func scan<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        let isLeft = LeftScan()
        return try await withTaskCancellationHandler {
            try await scanning.run { try self.readHere(body, isLeft) }
        } onCancel: {
            isLeft.set()
        }
    }

    /// Reads on the caller's thread: a read takes less time than two changes of thread. There are as many connections
    /// as the cores have threads of one kind; the loops of connections read as well, so that a read may wait for
    /// another.
    private func readHere<T>(_ body: (any SQLConnection) throws -> T, _ isLeft: LeftScan? = nil) throws -> T {
        do {
            try isLeft?.check()
            // Readers are opened read-only, so all that a read needs is one snapshot.
            return try pool.unsafeRead { db in
                try db.cachedStatement(sql: "BEGIN").execute()
                defer { try? db.cachedStatement(sql: "COMMIT").execute() }
                return try body(SQLiteConnection(db, columns: columns, isLeft: isLeft))
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

    /// As ``write(_:)``; when the disk is full, `body` runs once more on the space that is kept for it.
    package func remove<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(QueuedWrite(freesSpace: true, body: body, continuation: continuation))
        }
    }

    /// Writes a file and commits its rows, both on the writer's thread when the file is small.
    /// - Throws: what `plan` throws; then neither is there.
    package func write<T: Sendable>(
        _ bytes: Data, _ plan: @escaping @Sendable (any SQLConnection) throws -> FilePlan<T>
    ) async throws -> T {
        guard let files else {
            throw HearthError(.internalError, "A store that was opened without files cannot write one.")
        }
        guard files.isGrouped(byteCount: bytes.count) else {
            return try await SeparateWriter(store: self, blobs: files).write(bytes, plan)
        }
        return try await withCheckedThrowingContinuation { continuation in
            enqueue(QueuedFileWrite(bytes, files: files, plan: plan, continuation: continuation))
        }
    }

    private func enqueue(_ write: some PendingWrite) {
        if queue.add(write) { return }
        write.fail(
            HearthError(.overloaded, "Too many writes are waiting.", retryAfter: 1), mayBeCommitted: false)
    }

    /// Waits in short steps while another process commits, for ten seconds at most.
    static func waitForOtherProcess(tries: Int) -> Bool {
        // 0.1 ms for the first tenth of a second, then 1 ms: a commit takes about one.
        let (fine, coarse): (Int, Int) = (1_000, Int(Limits.storeBusy.milliseconds))
        guard tries < fine + coarse else { return false }
        usleep(tries < fine ? 100 : 1_000)
        return true
    }
}

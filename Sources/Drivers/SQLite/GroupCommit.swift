import GRDB
import HearthCore

/// Writes groups: their files by one write to disk, then their rows by one transaction. For the commit threads.
struct GroupCommit: Sendable {
    let pool: DatabasePool
    let columns: ColumnCache
    let files: (any FileGroupWriter)?

    // MARK: Files

    /// Plans writes, writes their files, and ends the writes that need no rows.
    /// - Parameter besideCommit: whether the writer's connection is in use: plans read on another one then, which has
    ///   to read again what has been committed since it was last used.
    /// - Returns: the writes whose rows are to be committed.
    func prepare(_ group: [any PendingWrite], besideCommit: Bool) -> [any PendingWrite] {
        do {
            let planned =
                besideCommit
                ? try pool.unsafeRead { db in try plan(group, in: db) }
                : try pool.writeWithoutTransaction { db in try plan(group, in: db) }
            if let files, !planned.isEmpty {
                for (index, result) in files.writeGroup(planned.map(\.file)).enumerated() {
                    planned[index].write.endFile(result)
                }
            }
        } catch {
            let failure = SQLiteFailure.translate(error)
            for write in group { write.fail(failure, mayBeCommitted: false) }
            return []
        }
        let ready = group.filter(\.hasRows)
        for write in group where !write.hasRows { write.finish() }
        return ready
    }

    /// Asks each write for its file, on one snapshot. Others can commit before the rows are written: all that is read
    /// here may have changed then.
    private func plan(
        _ group: [any PendingWrite], in db: Database
    ) throws -> [(write: any PendingWrite, file: NewFile)] {
        try db.cachedStatement(sql: "BEGIN").execute()
        // Plans only read: whatever else one may have done is undone.
        defer { if db.isInsideTransaction { try? db.cachedStatement(sql: "ROLLBACK").execute() } }
        return group.compactMap { write in
            write.plan(on: SQLiteConnection(db, columns: columns)).map { (write, $0) }
        }
    }

    // MARK: Rows

    /// Commits the rows of writes, and hands their results to the callers.
    func commit(_ group: [any PendingWrite]) {
        var isCommitting = false
        do {
            try pool.writeWithoutTransaction { db in
                try transact(db) {
                    guard try perform(group, in: db) else { return false }
                    isCommitting = true
                    return true
                }
            }
            group.lazy.flatMap(\.actions).runAll()
            for write in group { write.finish() }
        } catch {
            let failure = SQLiteFailure.translate(error)
            let mayBeCommitted = isCommitting && UncertainCommit.isPossible(after: failure)
            for write in group { write.fail(failure, mayBeCommitted: mayBeCommitted) }
        }
    }

    /// Commits when `body` says so.
    private func transact(_ db: Database, _ body: () throws -> Bool) throws {
        try db.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
        do {
            if try body() {
                try db.cachedStatement(sql: "COMMIT").execute()
            } else if db.isInsideTransaction {
                try db.cachedStatement(sql: "ROLLBACK").execute()
            }
        } catch {
            if db.isInsideTransaction { try? db.execute(sql: "ROLLBACK") }
            throw error
        }
    }

    /// - Returns: whether there is something to commit.
    private func perform(_ writes: [any PendingWrite], in db: Database) throws -> Bool {
        // One alone is undone with its transaction. A savepoint would copy each page that it changes, and nearly every
        // write of a server that is not busy is alone.
        if writes.count == 1 { return writes[0].perform(on: SQLiteConnection(db, columns: columns)) == nil }
        for write in writes { try perform(write, in: db) }
        return true
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
}

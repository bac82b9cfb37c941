import GRDB
import HearthCore

/// Writes groups, each by one write of its files to disk and then one transaction. For the commit thread.
struct GroupCommit: Sendable {
    let pool: DatabasePool
    let columns: ColumnCache

    func commit(_ group: [any PendingWrite], files: (any FileGroupWriter)?) {
        var isCommitting = false
        do {
            try pool.writeWithoutTransaction { db in
                try writeFiles(of: group, files, in: db)
                let writes = group.filter(\.hasRows)
                guard !writes.isEmpty else { return }
                try transact(db) {
                    guard try perform(writes, in: db) else { return false }
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

    /// Asks each write for its file, and writes them together. Other processes can commit meanwhile: all that is read
    /// here may have changed when the transaction begins.
    private func writeFiles(of group: [any PendingWrite], _ files: (any FileGroupWriter)?, in db: Database) throws {
        guard let files, group.contains(where: { $0.fileBytes != nil }) else { return }
        var planned: [(write: any PendingWrite, file: NewFile)] = []
        try db.cachedStatement(sql: "BEGIN").execute()
        for write in group where write.fileBytes != nil {
            if let file = write.plan(on: SQLiteConnection(db, columns: columns)) { planned.append((write, file)) }
        }
        // Plans only read: whatever else one may have done is undone.
        try db.cachedStatement(sql: "ROLLBACK").execute()
        guard !planned.isEmpty else { return }
        for (index, result) in files.writeGroup(planned.map(\.file)).enumerated() {
            planned[index].write.endFile(result)
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

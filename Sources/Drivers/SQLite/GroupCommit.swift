import GRDB
import HearthCore

/// Writes groups, each by one write of its files to disk and then transactions of its rows: one, unless its writes
/// touch more rows than a transaction may. For the commit thread.
struct GroupCommit: Sendable {
    let pool: DatabasePool
    let columns: ColumnCache
    let meter: TransactionMeter
    let reserve: (any SpaceReserve)?

    func commit(_ group: [any PendingWrite], files: (any FileGroupWriter)?) {
        do {
            try pool.writeWithoutTransaction { db in try writeFiles(of: group, files, in: db) }
        } catch {
            let failure = SQLiteFailure.translate(error)
            for write in group { write.fail(failure, mayBeCommitted: false) }
            return
        }
        for write in group where !write.hasRows { write.finish() }
        var waiting = group.filter(\.hasRows)[...]
        while !waiting.isEmpty { waiting = commitFirst(of: waiting) }
    }

    /// Commits as many writes as one transaction may hold, and tells their callers.
    /// - Returns: the writes that the next transaction begins with.
    private func commitFirst(of writes: ArraySlice<any PendingWrite>) -> ArraySlice<any PendingWrite> {
        var next = writes.startIndex
        var isCommitting = false
        do {
            try pool.writeWithoutTransaction { db in
                let before = db.totalChangesCount
                try transact(db) {
                    // One alone is undone with its transaction. A savepoint would copy each page that it changes, and
                    // nearly every write of a server that is not busy is alone.
                    if writes.count == 1 {
                        next += 1
                        let error = writes[next - 1].perform(on: SQLiteConnection(db, columns: columns))
                        guard error == nil else { return false }
                    } else {
                        repeat {
                            next += 1
                            try perform(writes[next - 1], in: db)
                        } while next < writes.endIndex && db.totalChangesCount - before < Limits.transactionRows
                    }
                    isCommitting = true
                    return true
                }
                meter.note(rows: db.totalChangesCount - before)
            }
            let done = writes[..<next]
            let again = retried(done.filter { $0.freesSpace && $0.lacksSpace })
            done.lazy.filter { !$0.lacksSpace }.flatMap(\.actions).runAll()
            for write in done where !again.contains(where: { $0 === write }) { write.finish() }
            return again + writes[next...]
        } catch {
            let failure = SQLiteFailure.translate(error)
            let mayBeCommitted = isCommitting && UncertainCommit.isPossible(after: failure)
            // None was begun: then it is not one of them that failed.
            if next == writes.startIndex { next = writes.endIndex }
            let isFull = (failure as? HearthError)?.code == .insufficientStorage
            let again = isFull ? retried(writes[..<next].filter(\.freesSpace)) : []
            for write in writes[..<next] where !again.contains(where: { $0 === write }) {
                write.fail(failure, mayBeCommitted: mayBeCommitted)
            }
            return again + writes[next...]
        }
    }

    /// Of writes that free space and found none, those that are tried once more: all, when there was space for that.
    private func retried(_ writes: [any PendingWrite]) -> ArraySlice<any PendingWrite> {
        !writes.isEmpty && reserve?.release() == true ? writes[...] : []
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

import Foundation
import HearthCore
import HearthSQLite
import HearthTesting
import Testing

/// Writes that wait together share a commit, but not one of any size.
@Suite(.timeLimit(.minutes(3))) struct TransactionSizeTests {
    private let folder: TemporaryFolder
    private let store: SQLiteStore

    init() async throws {
        folder = try TemporaryFolder(.memory)
        let path = folder.file("hearth.sqlite")
        try await SQLiteStore(path: path).run("CREATE TABLE items (name INTEGER PRIMARY KEY)")
        store = try SQLiteStore(path: path)
    }

    /// Enqueues writes while the commit thread is busy with another one, so that they are taken as one group.
    private func write(_ rows: [Int], failing: Set<Int> = []) async throws -> [Result<Int, any Error>] {
        // The body of the first write blocks the commit thread, which no task runs on.
        let (hasBegun, free) = (Locked(false), DispatchSemaphore(value: 0))
        let waiting = Locked(0)
        return try await withThrowingTaskGroup(of: (Int, Result<Int, any Error>).self) { group in
            group.addTask { [store] in
                try await store.write { _ in
                    hasBegun.withLock { $0 = true }
                    free.wait()
                }
                return (-1, .success(0))
            }
            try await eventually("the commit thread is busy") { hasBegun.withLock { $0 } }
            for (number, count) in rows.enumerated() {
                group.addTask { [store] in
                    waiting.withLock { $0 += 1 }
                    do {
                        let value = try await store.write { db in
                            for row in 0..<count {
                                try db.execute("INSERT INTO items (name) VALUES (\(number * 100_000 + row))")
                            }
                            if failing.contains(number) { throw HearthError(.conflict, "Refused.") }
                            return count
                        }
                        return (number, .success(value))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            try await eventually("all are on their way") { waiting.withLock { $0 } == rows.count }
            free.signal()
            var results: [Int: Result<Int, any Error>] = [:]
            for try await (number, result) in group where number >= 0 { results[number] = result }
            return rows.indices.compactMap { results[$0] }
        }
    }

    private func count() async throws -> Int {
        try await store.read { db in try db.value("SELECT COUNT(*) FROM items", as: Int.self) ?? -1 }
    }

    @Test func manyLargeWritesTakeSeveralTransactions() async throws {
        let results = try await write(Array(repeating: 400, count: 12))
        #expect(try results.map { try $0.get() } == Array(repeating: 400, count: 12))
        #expect(try await count() == 4_800)
        #expect(store.meter.largestTransaction < Limits.transactionRows + 400)
    }

    @Test func oneThatFailsIsUndoneAloneWhicheverTransactionItIsIn() async throws {
        let results = try await write(Array(repeating: 400, count: 8), failing: [1, 6])
        for (number, result) in results.enumerated() {
            #expect((try? result.get()) == ([1, 6].contains(number) ? nil : 400))
        }
        #expect(try await count() == 2_400)
    }
}

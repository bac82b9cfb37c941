import Foundation
import HearthCore
import HearthSQLite
import HearthTesting
import Testing

/// A store that cannot grow any more still lets go of things, on the space that is kept for that.
@Suite(.timeLimit(.minutes(3))) struct FullDiskTests {
    /// Space that is given once.
    private final class Reserve: SpaceReserve {
        private let left = Locked(1)
        let isReleased = Locked(false)

        func release() -> Bool {
            let isThere = left.withLock { left in
                left -= 1
                return left >= 0
            }
            if isThere { isReleased.withLock { $0 = true } }
            return isThere
        }

        func check() -> StorageCondition { .writable }
    }

    private let folder: TemporaryFolder
    private let reserve = Reserve()
    private let store: SQLiteStore

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("hearth.sqlite"), reserve: reserve)
        try await store.run("CREATE TABLE items (bytes BLOB)")
        try await setMostPages(to: 8)
    }

    /// SQLite refuses to grow the file beyond this, with the error of a full disk.
    private func setMostPages(to count: Int) async throws {
        try await store.write { db in _ = try db.query("PRAGMA max_page_count = \(verbatim: String(count))") }
    }

    private static func insert(in db: any SQLConnection) throws {
        try db.execute("INSERT INTO items (bytes) VALUES (\(Data(count: 100_000)))")
    }

    private func code(_ body: () async throws -> Void) async -> HearthError.Code? {
        await #expect(throws: HearthError.self) { try await body() }?.code
    }

    /// What a deletion writes, as long as there is space for it.
    @Sendable private func remove(in db: any SQLConnection) throws {
        if reserve.isReleased.withLock({ $0 }) { _ = try db.query("PRAGMA max_page_count = 100000") }
        try Self.insert(in: db)
    }

    @Test func whatOnlyAddsIsRefused() async throws {
        #expect(await code { try await store.write { db in try Self.insert(in: db) } } == .insufficientStorage)
        #expect(!reserve.isReleased.withLock { $0 })
    }

    @Test func whatFreesSpaceIsDoneOnTheReserve() async throws {
        try await store.remove { db in try remove(in: db) }
        #expect(reserve.isReleased.withLock { $0 })
    }

    @Test func withoutAReserveItIsRefusedAsWell() async throws {
        _ = reserve.release()
        reserve.isReleased.withLock { $0 = false }
        #expect(await code { try await store.remove { db in try remove(in: db) } } == .insufficientStorage)
    }
}

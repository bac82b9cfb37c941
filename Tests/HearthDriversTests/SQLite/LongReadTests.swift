import Dispatch
import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthSQLite

/// Reads that may take long.
@Suite(.timeLimit(.minutes(3))) struct LongReadTests {
    private let folder: TemporaryFolder

    private static let numbers: SQL = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"

    init() throws { folder = try TemporaryFolder(.memory) }

    /// Rows without end: only its caller's leaving can end it.
    @Test func aLongReadEndsSoonAfterItsCallerHasLeft() async throws {
        let store = try SQLiteStore(path: folder.file("hearth.db"))
        let hasBegun = Locked(false)
        let read = Task {
            try await store.scan { db in
                try db.query(
                    Self.numbers,
                    while: { _ in
                        hasBegun.withLock { $0 = true }
                        return true
                    })
            }
        }
        try await eventually("it reads") { hasBegun.withLock { $0 } }
        read.cancel()
        await #expect(throws: CancellationError.self) { try await read.value }
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.scan { _ in _ = Issue.record("nobody waits for it") }
        }
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(try await store.scan { db in try db.value("SELECT 7", as: Int.self) } == 7)
    }

    @Test func longReadsHoldNoThreadThatAnswersOthers() async throws {
        let store = try SQLiteStore(path: folder.file("hearth.db"))
        let gate = DispatchSemaphore(value: 0)
        // More than there are cooperative threads: were they held, nobody could open the gate.
        let count = ProcessInfo.processInfo.activeProcessorCount + 2
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask { try await store.scan { _ in gate.wait() } }
            }
            group.addTask {
                for _ in 0..<count { gate.signal() }
            }
            try await group.waitForAll()
        }
        #expect(try await store.scan { db in try db.value("SELECT 7", as: Int.self) } == 7)
    }
}

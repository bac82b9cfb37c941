import Dispatch
import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthSQLite

/// Reads that may take long.
@Suite(.timeLimit(.minutes(1))) struct LongReadTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

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

import Foundation
import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthLocalFiles

/// No server begins while another process still writes to its data folder.
@Suite(.timeLimit(.minutes(3))) struct DataFolderWriterTests {
    private let temporary: TemporaryFolder
    private let folder: DataFolder

    init() throws {
        temporary = try TemporaryFolder()
        folder = DataFolder(temporary.path)
    }

    @Test func aWorkerOfAnEarlierServerIsEndedBeforeTheNextOneBegins() async throws {
        let first = try DataFolderLock(folder)
        let worker = Locked<DataFolderWriter?>(try DataFolderWriter(folder, server: first.server))
        withExtendedLifetime(first) {}
        let next = try reopened(after: first)
        var ended: [pid_t] = []
        let count = try await next.endEarlierWriters { pid in
            ended.append(pid)
            worker.withLock { $0 = nil }
        }
        #expect(ended == [getpid()] && count == 1, "the kernel says who it was")
        #expect(try await next.endEarlierWriters { _ in Issue.record("there is none left") } == 0)
    }

    /// The lock of a later start, as if the server of the first had been killed.
    private func reopened(after first: DataFolderLock) throws -> DataFolderLock {
        unlink(temporary.file("hearth.lock"))
        return try DataFolderLock(folder)
    }

    @Test func aWorkerThatCannotBeEndedKeepsTheServerFromBeginning() async throws {
        let lock = try DataFolderLock(folder)
        let worker = try DataFolderWriter(folder, server: lock.server)
        defer { withExtendedLifetime(worker) {} }
        let error = await #expect(throws: HearthError.self) {
            try await lock.endEarlierWriters(within: .milliseconds(20)) { _ in }
        }
        #expect(error?.code == .conflict && error?.message.contains("\(getpid())") == true)
    }

    @Test func aWorkerThatComesAfterTheNextServerWritesNothing() throws {
        let first = try DataFolderLock(folder)
        let next = try reopened(after: first)
        let error = #expect(throws: HearthError.self) { try DataFolderWriter(folder, server: first.server) }
        #expect(error?.code == .conflict)
        #expect(throws: Never.self) { try DataFolderWriter(folder, server: next.server) }
        #expect(throws: Never.self, "one that a person has started") { try DataFolderWriter(folder, server: nil) }
    }

    @Test func manyWorkersShareAFolder() throws {
        let lock = try DataFolderLock(folder)
        let writers = try (0..<3).map { _ in try DataFolderWriter(folder, server: lock.server) }
        #expect(writers.count == 3)
    }

    @Test func aSecondServerIsToldWhoHasTheFolder() throws {
        let lock = try DataFolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        let error = #expect(throws: HearthError.self) { try DataFolderLock(folder) }
        #expect(error?.code == .conflict && error?.message.hasSuffix("in use by process \(getpid()).") == true)
    }
}

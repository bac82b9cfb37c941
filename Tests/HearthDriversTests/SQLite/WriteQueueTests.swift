import HearthCore
import Testing

@testable import HearthSQLite

/// What shares a commit, and what happens to writes that wait when there is too much or the store ends.
@Suite struct WriteQueueTests {
    /// A write that only says how large its file is.
    private final class Waiting: PendingWrite {
        let fileBytes: Int?
        var actions: [CommitAction] { [] }

        init(fileBytes: Int? = nil) { self.fileBytes = fileBytes }

        func perform(on connection: SQLiteConnection) -> (any Error)? { nil }
        func finish() {}
        func fail(_ error: any Error, mayBeCommitted: Bool) {}
    }

    private let queue = WriteQueue()

    private func add(_ fileBytes: [Int?]) {
        for bytes in fileBytes { #expect(queue.add(Waiting(fileBytes: bytes))) }
    }

    private func sizes(_ group: [any PendingWrite]) -> [Int?] { group.map(\.fileBytes) }

    /// The sizes of the files of all groups that are prepared, one after the other.
    private func prepared() -> [[Int?]] {
        queue.stop()
        var groups: [[Int?]] = []
        while case .prepare(let group, _)? = queue.next() {
            groups.append(sizes(group))
            queue.endPreparing([])
        }
        return groups
    }

    @Test func filesAreWrittenBeforeTheirRowsAndInTheirOrder() throws {
        add([1, 2])
        guard case .prepare(let group, false)? = queue.next() else { throw Unexpected() }
        #expect(sizes(group) == [1, 2])
        queue.endPreparing(group)
        guard case .commit(let rows)? = queue.next() else { throw Unexpected() }
        #expect(sizes(rows) == [1, 2])
    }

    @Test func onlyWritesWithRowsAreCommitted() throws {
        add([1, 2])
        guard case .prepare(let group, _)? = queue.next() else { throw Unexpected() }
        queue.endPreparing(Array(group.dropFirst()))
        guard case .commit(let rows)? = queue.next() else { throw Unexpected() }
        #expect(sizes(rows) == [2])
    }

    @Test func aWriteWithoutAFileDoesNotWaitForFiles() throws {
        add([1])
        guard case .prepare? = queue.next() else { throw Unexpected() }
        add([nil])
        guard case .commit(let rows)? = queue.next() else { throw Unexpected() }
        #expect(sizes(rows) == [nil])
    }

    @Test func filesAreWrittenWhileAnotherGroupIsCommitted() throws {
        add([nil, 1])
        guard case .commit? = queue.next() else { throw Unexpected() }
        guard case .prepare(let first, true)? = queue.next() else { throw Unexpected() }
        queue.endPreparing(first)
        add([2])
        guard case .prepare(let second, true)? = queue.next() else { throw Unexpected() }
        queue.endPreparing(second)
        queue.endCommitting()
        guard case .commit(let rows)? = queue.next() else { throw Unexpected() }
        #expect(sizes(rows) == [1, 2], "all that was prepared meanwhile is one group")
    }

    @Test func theFilesOfAGroupAreNotMoreThanOneWriteToDisk() {
        let half = Limits.journalGroupBytes / 2
        add([half, half, 1, half])
        #expect(prepared() == [[half, half], [1, half]])
    }

    @Test func aFileAboveTheLimitOfAGroupIsWrittenAlone() {
        let large = Limits.journalGroupBytes + 1
        add([1, large, large, 2])
        #expect(prepared() == [[1], [large], [large], [2]])
    }

    @Test func aGroupHasABoundedNumberOfWrites() throws {
        add(Array(repeating: nil, count: Limits.groupedWrites + 1))
        for count in [Limits.groupedWrites, 1] {
            guard case .commit(let rows)? = queue.next() else { throw Unexpected() }
            #expect(rows.count == count)
            queue.endCommitting()
        }
    }

    @Test(arguments: [nil, 1]) func moreThanMayWaitAreRefused(fileBytes: Int?) {
        add(Array(repeating: fileBytes, count: Limits.waitingWrites))
        #expect(!queue.add(Waiting()))
        _ = queue.next()
        #expect(queue.add(Waiting()))
    }

    @Test func whatWaitsWhenTheStoreEndsIsStillWritten() throws {
        add([1])
        queue.stop()
        #expect(!queue.add(Waiting()), "nothing more is accepted")
        guard case .prepare(let group, _)? = queue.next() else { throw Unexpected() }
        queue.endPreparing(group)
        guard case .commit? = queue.next() else { throw Unexpected() }
        queue.endCommitting()
        #expect(queue.next() == nil)
    }

    /// The queue gave other work than was expected.
    private struct Unexpected: Error {}
}

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

    /// The sizes of the files of all groups.
    private func groups() -> [[Int?]] {
        queue.stop()
        var groups: [[Int?]] = []
        while let group = queue.next() { groups.append(group.map(\.fileBytes)) }
        return groups
    }

    @Test func writesThatWaitShareAGroupInTheirOrder() {
        add([1, nil, 3])
        #expect(groups() == [[1, nil, 3]])
    }

    @Test func theFilesOfAGroupAreNotMoreThanOneWriteToDisk() {
        let half = Limits.journalGroupBytes / 2
        add([half, nil, half, 1, nil, half])
        #expect(groups() == [[half, nil, half], [1, nil, half]])
    }

    @Test func aFileAboveTheLimitOfAGroupGoesFirstInIts() {
        let large = Limits.journalGroupBytes + 1
        add([1, large, large, 2])
        #expect(groups() == [[1], [large], [large], [2]])
    }

    @Test func aGroupHasABoundedNumberOfWrites() {
        add(Array(repeating: nil, count: Limits.groupedWrites + 1))
        #expect(groups().map(\.count) == [Limits.groupedWrites, 1])
    }

    @Test func moreThanMayWaitAreRefused() {
        add(Array(repeating: nil, count: Limits.waitingWrites))
        #expect(!queue.add(Waiting()))
        _ = queue.next()
        #expect(queue.add(Waiting()))
    }

    @Test func whatWaitsWhenTheStoreEndsIsStillWritten() {
        add([1, 2])
        queue.stop()
        #expect(!queue.add(Waiting()), "nothing more is accepted")
        #expect(queue.next()?.count == 2)
        #expect(queue.next() == nil)
    }
}

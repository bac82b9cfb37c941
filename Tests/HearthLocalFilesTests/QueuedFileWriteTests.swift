import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthLocalFiles
@testable import HearthSQLite

/// What becomes of a file when the commit of its rows fails.
@Suite(.timeLimit(.minutes(3))) struct QueuedFileWriteTests {
    private let opened: JournalledFolder
    private let store: SQLiteStore
    private let failure = HearthError(.storageUnavailable, "The commit failed.")

    init() throws {
        opened = try JournalledFolder(TemporaryFolder())
        store = try SQLiteStore(path: opened.folder.file("hearth.db"))
    }

    /// Takes a write as far as its rows, then fails the commit.
    /// - Returns: the files that are left.
    private func files(namesFile: Bool, mayBeCommitted: Bool) async throws -> [String] {
        let (made, blobs, failure) = (Locked<QueuedFileWrite<Int>?>(nil), opened.blobs, failure)
        async let outcome = Self.outcome(of: made, files: blobs, namesFile: namesFile)
        try await eventually("the write is made") { made.withLock { $0 != nil } }
        let write = try #require(made.withLock { $0 })
        try await store.read { db in
            let connection = try #require(db as? SQLiteConnection)
            let file = try #require(write.plan(on: connection))
            #expect(file.path == "files/a")
            for result in blobs.writeGroup([file]) { write.endFile(result) }
            #expect(write.perform(on: connection) == nil)
            write.fail(failure, mayBeCommitted: mayBeCommitted)
        }
        #expect(await outcome == .storageUnavailable, "the caller is told in any case")
        return try await blobs.list("files", after: nil, limit: 9)
    }

    /// What the caller of a write is told.
    private static func outcome(
        of made: Locked<QueuedFileWrite<Int>?>, files: LocalBlobStore, namesFile: Bool
    ) async -> HearthError.Code? {
        do {
            _ = try await withCheckedThrowingContinuation { continuation in
                let write = QueuedFileWrite<Int>(
                    Data(count: 10), files: files,
                    plan: { _ in .file(path: "files/a") { _ in FileRows(1, namesFile: namesFile) } },
                    continuation: continuation)
                made.withLock { $0 = write }
            }
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    @Test func aFileStaysWhenItsRowsMayComeBack() async throws {
        #expect(try await files(namesFile: true, mayBeCommitted: true) == ["files/a"])
    }

    @Test func aFileGoesWhenItsRowsCannotComeBack() async throws {
        #expect(try await files(namesFile: true, mayBeCommitted: false) == [])
    }

    @Test func aFileThatNoRowNamesGoesInAnyCase() async throws {
        #expect(try await files(namesFile: false, mayBeCommitted: true) == [])
        #expect(try await files(namesFile: false, mayBeCommitted: false) == [])
    }
}

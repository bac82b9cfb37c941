import Foundation
import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthLocalFiles

@Suite(.timeLimit(.minutes(3))) struct DurableWriterContractTests {
    @Test(arguments: DurableWriterContract.promises)
    func inGroupsWithAJournal(promise: DurableWriterContract.Promise) async throws {
        let opened = try JournalledFolder(TemporaryFolder())
        let store = try SQLiteStore(path: opened.folder.file("hearth.db"), files: opened.blobs)
        try await promise.check(.init(store, store: store, blobs: opened.blobs))
    }

    @Test(arguments: DurableWriterContract.promises)
    func inGroupsWithoutAJournal(promise: DurableWriterContract.Promise) async throws {
        let folder = try TemporaryFolder()
        let threads = BlockingThreads(name: "test", threads: 4)
        defer { threads.stop() }
        let blobs = LocalBlobStore(root: folder.path, threads: threads)
        let store = try SQLiteStore(path: folder.file("hearth.db"), files: blobs)
        try await promise.check(.init(store, store: store, blobs: blobs))
    }

    @Test(arguments: DurableWriterContract.promises)
    func stepByStep(promise: DurableWriterContract.Promise) async throws {
        let opened = try JournalledFolder(TemporaryFolder())
        let store = try SQLiteStore(path: opened.folder.file("hearth.db"))
        let writer = SeparateWriter(store: store, blobs: opened.blobs)
        try await promise.check(.init(writer, store: store, blobs: opened.blobs))
    }

    /// Rows that may be there must find their file; whether they are, only a later look can say.
    @Test(arguments: [(FailingStore.Fault.refused, 0), (.answerLost, 1)])
    func aFileStaysWhenItsRowsMayHaveBeenCommitted(fault: FailingStore.Fault, count: Int) async throws {
        let opened = try JournalledFolder(TemporaryFolder())
        let store = try SQLiteStore(path: opened.folder.file("hearth.db"))
        try await store.run("CREATE TABLE named (path TEXT PRIMARY KEY)")
        let writer = SeparateWriter(store: FailingStore(store) { fault }, blobs: opened.blobs)
        let error = await #expect(throws: HearthError.self) {
            try await writer.write(Data(count: 10)) { _ in
                .file(path: "files/a") { db in
                    try db.execute("INSERT INTO named (path) VALUES ('files/a')")
                    return FileRows(1, namesFile: true)
                }
            }
        }
        #expect(error?.code == .storageUnavailable)
        #expect(try await store.read { db in try db.query("SELECT path FROM named").count } == count)
        #expect(try await opened.blobs.list("files", after: nil, limit: 9).count == count)
    }
}

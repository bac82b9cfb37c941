import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthLocalFiles

@Suite(.timeLimit(.minutes(1))) struct DurableWriterContractTests {
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
}

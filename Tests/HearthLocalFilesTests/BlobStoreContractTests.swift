import HearthCore
import HearthLocalFiles
import HearthTesting
import Testing

/// Files of the data folder keep the contract, with the journal and without it.
@Suite(.timeLimit(.minutes(3))) struct BlobStoreContractTests {
    @Test(arguments: BlobStoreContract.promises)
    func withoutAJournal(promise: BlobStoreContract.Promise) async throws {
        let folder = try TemporaryFolder()
        let threads = BlockingThreads(name: "test-files", threads: 4)
        defer { threads.stop() }
        try await promise.check(LocalBlobStore(root: folder.path, threads: threads))
    }

    @Test(arguments: BlobStoreContract.promises)
    func withAJournal(promise: BlobStoreContract.Promise) async throws {
        let folder = try JournalledFolder(TemporaryFolder())
        defer { folder.close() }
        try await promise.check(folder.blobs)
    }
}

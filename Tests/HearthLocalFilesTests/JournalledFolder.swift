import HearthCore
import HearthTesting

@testable import HearthLocalFiles

/// A data folder with a journal and the store that uses it; closed with its last reference.
final class JournalledFolder: Sendable {
    let folder: TemporaryFolder
    let blobs: LocalBlobStore
    let journal: BlobJournal
    private let threads = BlockingThreads(name: "test-files", threads: 8)

    /// - Parameter age: files stay in the journal for so long; a test that takes longer than an hour has failed.
    /// - Throws: what the journal throws.
    init(_ folder: TemporaryFolder, age: Duration = .seconds(3_600)) throws {
        self.folder = folder
        journal = try BlobJournal(folder: folder.file("journal"), files: folder.path, age: age, logger: .quiet)
        blobs = LocalBlobStore(root: folder.path, threads: threads, journal: journal)
    }

    deinit {
        journal.stop()
        threads.stop()
    }

    func close() { journal.stop() }
}

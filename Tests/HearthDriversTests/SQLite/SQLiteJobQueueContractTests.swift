import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@Suite struct SQLiteJobQueueContractTests {
    @Test(arguments: JobQueueContract.promises)
    func keeps(promise: JobQueueContract.Promise) async throws {
        let folder = try TemporaryFolder(.memory)
        try await promise.check(SQLiteStore(path: folder.file("hearth.sqlite")))
    }
}

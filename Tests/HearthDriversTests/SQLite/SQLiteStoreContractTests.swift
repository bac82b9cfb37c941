import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@Suite struct SQLiteStoreContractTests {
    @Test(arguments: StoreContract.promises)
    func keeps(promise: StoreContract.Promise) async throws {
        let folder = try TemporaryFolder()
        try await promise.check(SQLiteStore(path: folder.file("hearth.sqlite")))
    }
}

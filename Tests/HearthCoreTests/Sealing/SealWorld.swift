import Foundation
import HearthCore
import HearthSQLite
import HearthTesting

/// A database with keys, and the folder that the keys lie in.
final class SealWorld: Sendable {
    static let shop = Tenant(rawValue: "shop")

    let folder: TemporaryFolder
    let store: SQLiteStore
    let clock = ManualClock()

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("hearth.db"))
        try await Migrator(SealKeyTable.migrations + AuditLog.migrations).run(store, now: 0)
    }

    var keys: String { folder.file("keys") }
    var masterPath: String { folder.file("keys/master.key") }

    /// What a process knows that has just started.
    func start(given: [MasterKey] = [], over store: (any Store)? = nil) -> SealKeys {
        SealKeys(store: store ?? self.store, files: MasterKeyFiles(given: given, folder: keys), clock: clock)
    }

    func seal(
        _ text: String, by seals: SealKeys, scope: String = "client/1", context: String = "row"
    ) async throws -> Data {
        try await store.write { db in
            try seals.seal(Data(text.utf8), scope: scope, tenant: Self.shop, context: context, in: db)
        }
    }

    func open(
        _ sealed: Data, by seals: SealKeys, scope: String = "client/1", context: String = "row"
    ) async throws -> String {
        let bytes = try await store.read { db in
            try seals.open(sealed, scope: scope, context: context, in: db)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func destroy(_ scope: String, by seals: SealKeys) async throws -> Bool {
        try await store.write { db in try seals.destroy(scope: scope, in: db) }
    }

    /// The code of the error that opening gives; nil when it opens.
    func refusal(_ sealed: Data, by seals: SealKeys, scope: String = "client/1") async -> HearthError.Code? {
        do {
            _ = try await open(sealed, by: seals, scope: scope)
            return nil
        } catch {
            return (error as? HearthError)?.code ?? "another"
        }
    }
}

import Foundation
import HearthCore
import HearthSQLite
import HearthTesting
import HearthVectors
import Logging

@testable import HearthVectorStore

/// A data folder with sealed collections of two clients.
final class SealedWorld: Sendable {
    static let dims = 16
    static let model = ModelIdentity(id: "face", digest: "digest-face", dims: dims, precision: "f32")

    let folder: TemporaryFolder
    let store: SQLiteStore
    let scans: ScanFolder

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("hearth.db"))
        scans = ScanFolder(folder.file("vectors"))
        try FileManager.default.createDirectory(atPath: scans.path, withIntermediateDirectories: true)
        let migrations = CollectionTable.migrations + SealKeyTable.migrations + AuditLog.migrations
        try await Migrator(migrations).run(store, now: 0)
    }

    var master: String { folder.file("keys/master.key") }

    /// What a process knows that has just started.
    func start(budget: Int = Limits.collectionBytes) -> (table: CollectionTable, collections: VectorCollections) {
        let seals = SealKeys(
            store: store, files: MasterKeyFiles(folder: folder.file("keys")), clock: SystemClock())
        let table = CollectionTable(seals: seals)
        return (
            table, VectorCollections(store: store, table: table, folder: scans, byteBudget: budget, logger: .quiet)
        )
    }

    static func space(_ client: String = "one") -> VectorSpace {
        VectorSpace(tenant: .local, scope: "faces/\(client)", model: model, seal: "client/\(client)")
    }

    func upsert(_ records: [CollectionTable.Record], by table: CollectionTable, client: String = "one") async throws {
        try await store.write { db in
            for record in records {
                try table.upsert(
                    item: record.item, owner: record.owner, vector: record.vector, space: Self.space(client),
                    precision: "f32", attributes: record.attributes, in: db, now: 0)
            }
        }
    }

    func remove(_ items: [String], by table: CollectionTable) async throws {
        try await store.write { db in try table.remove(items: items, in: db) }
    }

    func search(
        _ query: [Float], by collections: VectorCollections, client: String = "one", k: Int = 5,
        filter: VectorFilter = .everything
    ) async throws -> VectorCollections.Found {
        try await collections.search(
            query, model: Self.model, tenant: .local, scope: "faces/\(client)", k: k, filter: filter)
    }

    func collection(_ client: String = "one") async throws -> CollectionTable.Collection? {
        try await store.read { db in try CollectionTable().collection(of: Self.space(client), in: db) }
    }

    func records(_ numbers: Range<Int>, _ random: inout RepeatableRandom) -> [CollectionTable.Record] {
        numbers.map {
            .init(
                item: "template-\($0)", owner: "user-\($0 / 2)", vector: random.unitVector(dims: Self.dims),
                attributes: ["n": .number(ExactNumber(Int64($0 % 5)))])
        }
    }

    /// Writes the file of a collection whatever its size, as an upkeep would for a large one.
    func writeFile(isWhole: Bool, by collections: VectorCollections, client: String = "one") async throws {
        guard let collection = try await collection(client) else { return }
        _ = try await search([Float](repeating: 0.25, count: Self.dims), by: collections, client: client)
        guard let resident = collections.residents.withLock({ $0[collection.id] }) else { return }
        _ = try await resident.writeFile(isWhole: isWhole, in: scans, on: VectorCollections.threads)
    }
}

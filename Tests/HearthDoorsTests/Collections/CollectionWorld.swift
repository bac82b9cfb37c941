import Foundation
import HTTPTypes
import HearthCollections
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import HearthSQLite
import HearthTesting
import HearthVectorStore

@testable import HearthDoors

/// Every door of collections over a store of its own, without a socket.
struct CollectionWorld {
    static let other = Principal(tenant: Tenant(rawValue: "other"), permission: .admin)

    let store: SQLiteStore
    let collections: NamedCollections
    let exports: ExportSpace
    let budget = BodyBudget(limit: 1 << 28)
    private let folder: TemporaryFolder
    private let client: DoorClient

    /// - Parameter engine: what embeds texts and pictures.
    init(engine: ScriptedEngine = ScriptedEngine()) async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("collections.db"))
        try await Migrator(CollectionTable.migrations + CollectionTable.databaseMigrations).run(store, now: 0)
        let embeddings = EmbeddingService(engine: engine)
        exports = ExportSpace(folder: folder.path, spare: 0)
        collections = NamedCollections(
            store: store, vectors: VectorCollections(store: store), embeddings: embeddings,
            exports: exports)
        let registry = try OperationRegistry(CollectionOperations(collections).operations())
        client = try DoorClient(
            [
                RESTDoor(registry: registry, metrics: MetricsRegistry()), CollectionDoor(collections: collections),
                ChromaDoor(collections: collections),
            ], budget: budget)
    }

    /// Sends JSON.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, as principal: Principal = .local
    ) async throws -> DoorClient.Answer {
        try await send(method, path, bytes: body?.encoded() ?? Data(), as: principal)
    }

    /// Sends bytes, in pieces of a few hundred.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, bytes: Data, as principal: Principal = .local
    ) async throws -> DoorClient.Answer {
        try await client.send(method, path, body: bytes, pieces: 700, as: principal)
    }

    /// Makes a collection of vectors with two components and some attributes.
    func make(_ name: String = "shop", metric: String = "cosine", as principal: Principal = .local) async throws {
        try await send(
            .post, "/api/collections",
            [
                "name": .string(name), "dims": 2, "metric": .string(metric),
                "attributes": ["brand": "text", "price": "number"],
            ], as: principal)
    }

    /// Adds records at angles in degrees: `a` at 0, `b` at 10 and so on.
    func fill(_ name: String = "shop", count: Int = 5, as principal: Principal = .local) async throws {
        let records = (0..<count).map { index -> JSONValue in
            let angle = Double(index) * 10 * .pi / 180
            return [
                "id": .string(String(UnicodeScalar(UInt8(97 + index)))),
                "vector": [.double(cos(angle)), .double(sin(angle))],
                "payload": ["brand": index % 2 == 0 ? "x" : "y", "price": .int(Int64(index))],
            ]
        }
        try await send(.post, "/api/collections/\(name)/records", ["records": .array(records)], as: principal)
    }
}

extension JSONValue {
    /// A way of keys and indexes into it: `results.0.matches`.
    func at(_ way: String) -> JSONValue? {
        way.split(separator: ".").reduce(self as JSONValue?) { value, step in
            Int(step).map { value?[$0] } ?? value?[String(step)]
        }
    }

    /// The ids of the matches of the first query.
    var ids: [String] { at("results.0.matches")?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? [] }
}

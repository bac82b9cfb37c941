import Foundation
import HTTPTypes
import HearthCollections
import HearthCore
import HearthInference
import HearthJSON
import HearthSQLite
import HearthTesting
import HearthVectorStore
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded

@testable import HearthDoors

/// Every door of collections over a store of its own, without a socket.
struct CollectionWorld {
    /// What came back.
    struct Answer {
        var status: Int
        var headers: HTTPFields
        var bytes: Data
        /// Null when the body is no JSON.
        var json: JSONValue { (try? JSONParser.read(bytes)) ?? .null }
        var text: String { String(decoding: bytes, as: UTF8.self) }
        var code: String? { json["error"]?["code"]?.stringValue }
    }

    /// Collects a response's body.
    private struct Collector: ResponseBodyWriter {
        let collected: Locked<Data>

        mutating func write(_ buffer: ByteBuffer) async throws {
            collected.withLock { $0.append(contentsOf: buffer.readableBytesView) }
        }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    static let other = Principal(tenant: Tenant(rawValue: "other"), permission: .administer)

    let store: SQLiteStore
    let collections: NamedCollections
    let budget = BodyBudget(limit: 1 << 28)
    private let folder: TemporaryFolder
    private let registry: OperationRegistry
    private let foreign: ForeignDoor
    private let streams: CollectionDoor

    /// - Parameter engine: what embeds texts and pictures.
    init(engine: ScriptedEngine = ScriptedEngine()) async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("collections.db"))
        try await Migrator(CollectionTable.migrations + CollectionTable.databaseMigrations).run(store, now: 0)
        let embeddings = EmbeddingService(engine: engine)
        collections = NamedCollections(
            store: store, vectors: VectorCollections(store: store), embeddings: embeddings)
        registry = try OperationRegistry(CollectionOperations(collections).all())
        foreign = ForeignDoor(service: embeddings, collections: collections, budget: budget)
        streams = CollectionDoor(collections: collections, budget: budget)
    }

    /// Sends JSON.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, as principal: Principal = .local
    ) async throws -> Answer {
        try await send(method, path, bytes: body?.encoded() ?? Data(), as: principal)
    }

    /// Sends bytes, in pieces of a few hundred.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, bytes: Data, as principal: Principal = .local
    ) async throws -> Answer {
        let router = Router(context: DoorContext.self)
        router.add(
            middleware: ErrorMiddleware(
                allowedMethods: { foreign.allowedMethods(at: $0) + streams.allowedMethods(at: $0) },
                shape: { foreign.errorShape(at: $0) ?? .hearth }))
        try RESTDoor(registry: registry, budget: budget, metrics: MetricsRegistry()).add(to: router)
        foreign.add(to: router)
        streams.add(to: router)
        var logger = DoorServer.quiet
        logger[metadataKey: "hb.request.id"] = "r"  // the server sets it
        var context = DoorContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger))
        context.principal = principal
        var head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
        head.headerFields[.contentType] = "application/json"
        let pieces = stride(from: 0, to: bytes.count, by: 700).map { start in
            ByteBuffer(bytes: bytes[(bytes.startIndex + start)..<min(bytes.startIndex + start + 700, bytes.endIndex)])
        }
        let stream = AsyncStream { continuation in
            for piece in pieces { continuation.yield(piece) }
            continuation.finish()
        }
        let request = Request(head: head, body: RequestBody(asyncSequence: stream))
        let response = try await router.buildResponder().respond(to: request, context: context)
        let collected = Locked(Data())
        try await response.body.write(Collector(collected: collected))
        return Answer(
            status: Int(response.status.code), headers: response.headers, bytes: collected.withLock { $0 })
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

import Foundation
import HTTPTypes
import HearthCollections
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthStudio
import HearthTesting
import HearthVectorStore
import Logging
import Testing

@testable import HearthDoors

/// Files of characters over HTTP, sent and received piece by piece.
@Suite(.timeLimit(.minutes(3))) struct CharacterFileDoorTests {
    private static let other = Principal(tenant: Tenant(rawValue: "other"), permission: .write)
    private static let reader = Principal(tenant: .local, permission: .read)

    private let folder: TemporaryFolder
    private let threads = ThreadsOfTest()
    private let client: DoorClient
    private let budget = BodyBudget()

    /// Ends the threads with the test.
    private final class ThreadsOfTest: Sendable {
        let threads = BlockingThreads(name: "test-files", threads: 2)

        deinit { threads.stop() }
    }

    init() async throws {
        folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file("rows.db"))
        let migrations = JobTable.migrations + CollectionTable.migrations + CollectionTable.databaseMigrations
        try await Migrator(migrations + StudioTable.migrations).run(store, now: 0)
        let (engine, metrics) = (ScriptedEngine(), MetricsRegistry())
        let queue = JobQueue(store: store, clock: ManualClock(), signal: SilentSignal())
        let studio = Studio(
            store: store, blobs: LocalBlobStore(root: folder.path, threads: threads.threads), queue: queue,
            engine: engine, embeddings: EmbeddingService(engine: engine),
            collections: VectorCollections(store: store), metrics: metrics, clock: queue.clock, logger: .quiet)
        client = try DoorClient(
            [
                RESTDoor(registry: OperationRegistry(studio.operations(), jobs: queue), metrics: metrics),
                CharacterFileDoor(studio: studio),
            ], budget: budget)
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, as principal: Principal = .local
    ) async throws -> DoorClient.Answer {
        try await client.send(method, path, body: body?.encoded() ?? Data(), as: principal)
    }

    private func load(_ file: Data, _ query: String = "", as principal: Principal = .local) async throws
        -> DoorClient.Answer
    {
        try await client.send(
            .post, "/api/characters/import\(query)", body: file, type: "application/jsonl", pieces: 50, as: principal)
    }

    private func mira() async throws -> String {
        _ = try await send(.post, "/api/anime/projects", ["name": "Woods", "style": "cyberpunk"])
        let made = try await send(
            .post, "/api/anime/characters", ["name": "Mira \"Sol\"", "project_id": "Woods", "appearance": "Small."])
        #expect(made.status == 201, "\(made.text)")
        return made.json["character_id"]?.stringValue ?? ""
    }

    @Test(arguments: ["/api", "/api/anime"]) func aFileGoesOutAndIn(base: String) async throws {
        let id = try await mira()
        let file = try await send(.get, "\(base)/characters/\(id)/export", as: Self.reader)
        #expect(file.status == 200 && file.headers[.contentType] == "application/jsonl; charset=utf-8")
        #expect(file.headers[.contentDisposition] == "attachment; filename=\"mira_sol.hearth-character.jsonl\"")
        #expect(file.body.last == 0x0A && file.body.split(separator: 0x0A).count == 3)
        let imported = try await load(file.body, "?project=Sea&name=Mira%20Two&handle=two", as: Self.other)
        #expect(imported.status == 200 && imported.json["name"] == "Mira Two", "\(imported.text)")
        #expect(imported.json["handle"] == "two" && imported.json["is_new"] == true)
        let again = try await load(file.body, "?project=Sea", as: Self.other)
        #expect(again.json["is_new"] == false && again.json["character_id"] == imported.json["character_id"])
        #expect(budget.bytesInFlight == 0)
    }

    @Test func whatMayNotBeIsRefused() async throws {
        let id = try await mira()
        let file = try await send(.get, "/api/characters/\(id)/export")
        #expect(try await load(file.body, as: Self.reader).status == 403)
        #expect(try await send(.get, "/api/characters/\(id)/export", as: Self.other).status == 404)
        #expect(try await send(.get, "/api/characters/\(Identifier.make())/export").code == "not_found")
        #expect(try await load(Data("PK".utf8)).code == "invalid_request")
        #expect(try await load(Data()).status == 400)
        #expect(try await load(file.body, "?name=a%2Fb").status == 400)
        #expect(try await load(file.body, "?nme=x").status == 400)
        #expect(budget.bytesInFlight == 0)
    }

    /// `search` and `import` are no identifiers.
    @Test func theSearchIsNoCharacter() async throws {
        let id = try await mira()
        let found = try await send(.get, "/api/anime/characters/search?q=small")
        #expect(found.status == 200 && found.json["matches"]?[0]?["character_id"] == .string(id), "\(found.text)")
        #expect(try await send(.get, "/api/characters/search").status == 400)
        #expect(try await send(.get, "/api/characters/\(id)").json["handle"] == "mira_sol")
    }

    @Test func theBibleIsReadAsJSONAndAsAPage() async throws {
        let id = try await mira()
        let json = try await send(.get, "/api/anime/characters/\(id)/bible")
        #expect(json.json["appearance"] == "Small." && json.json["version"] == 1)
        let page = try await client.send(
            .get, "/api/anime/characters/\(id)/bible", headers: [.accept: "text/html"])
        #expect(page.text.contains("<h1>Mira &quot;Sol&quot;") && page.text.contains("Small."))
        let stale = try await send(.patch, "/api/anime/characters/\(id)/bible", ["voice": "Low.", "version": 0])
        #expect(stale.status == 409)
        #expect(stale.json["error"]?["details"]?["current"]?["appearance"] == "Small.", "\(stale.text)")
    }
}

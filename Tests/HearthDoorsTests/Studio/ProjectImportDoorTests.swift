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
import HearthZlib
import Logging
import Testing

@testable import HearthDoors

/// Projects as zip files over HTTP, received piece by piece and checked before their job begins.
@Suite(.timeLimit(.minutes(3))) struct ProjectImportDoorTests {
    private static let reader = Principal(tenant: .local, permission: .read)

    private let folder: TemporaryFolder
    private let threads = ThreadsOfTest()
    private let client: DoorClient
    private let budget = BodyBudget()
    private let blobs: LocalBlobStore

    /// Ends the threads with the test.
    private final class ThreadsOfTest: Sendable {
        let threads = BlockingThreads(name: "test-files", threads: 2)

        deinit { threads.stop() }
    }

    init() async throws {
        folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file("rows.db"))
        let migrations = JobTable.migrations + CollectionTable.migrations + CollectionTable.databaseMigrations
        try await Migrator(migrations + StudioTable.migrations + OutputTable.migrations).run(store, now: 0)
        let (engine, metrics) = (ScriptedEngine(), MetricsRegistry())
        let queue = JobQueue(store: store, clock: ManualClock(), signal: SilentSignal())
        blobs = LocalBlobStore(root: folder.path, threads: threads.threads)
        let studio = Studio(
            store: store, blobs: blobs, queue: queue, engine: engine, embeddings: EmbeddingService(engine: engine),
            collections: VectorCollections(store: store), metrics: metrics, clock: queue.clock,
            inflater: ZlibInflater(), logger: .quiet)
        client = try DoorClient(
            [
                RESTDoor(registry: OperationRegistry(studio.operations(), jobs: queue), metrics: metrics),
                ProjectImportDoor(studio: studio),
            ], budget: budget)
    }

    private func load(
        _ file: Data, type: String = "application/zip", base: String = "/api", as principal: Principal = .local
    ) async throws -> DoorClient.Answer {
        try await client.send(
            .post, "\(base)/projects/import", body: file, type: type, pieces: 50, as: principal)
    }

    private func zip(_ names: [String]) throws -> Data {
        var (zip, file) = (ZipWriter(), Data())
        for name in names {
            file += try zip.begin(name)
            file += zip.add(Data("{}".utf8))
            file += try zip.end()
        }
        return file + (try zip.directory())
    }

    private func files() async throws -> [String] { try await blobs.list("projects", after: nil, limit: 10) }

    @Test(arguments: ["/api", "/api/anime"]) func aFileWaitsForItsJob(base: String) async throws {
        let path = "projects/\(Identifier.make())/general/a.png"
        let answer = try await load(try zip([path, "\(path).json"]), base: base)
        #expect(answer.status == 202 && answer.json["status"] == "pending", "\(answer.text)")
        #expect(answer.json["websocket_url"]?.stringValue == "/ws/\(answer.json["job_id"]?.stringValue ?? "")")
        #expect(try await files().count == 1)
        #expect(budget.bytesInFlight == 0)
    }

    @Test func whatMayNotBeIsRefusedAndLeavesNothing() async throws {
        let path = "projects/\(Identifier.make())/general/a.png"
        let file = try zip([path, "\(path).json"])
        #expect(try await load(file, as: Self.reader).status == 403)
        #expect(try await load(Data("no zip".utf8)).code == "invalid_request")
        #expect(try await load(try zip(["../\(path)", "../\(path).json"])).code == "invalid_request")
        #expect(try await load(Data(file.dropLast(9))).status == 400)
        #expect(try await files().isEmpty)
        #expect(budget.bytesInFlight == 0)
    }
}

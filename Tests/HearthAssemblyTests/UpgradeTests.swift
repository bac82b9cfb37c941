import Crypto
import Foundation
import HearthAssembly
import HearthCollections
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthProducts
import HearthSQLite
import HearthStudio
import HearthTesting
import HearthVectorStore
import HearthVectors
import Logging
import Testing

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A data folder of an older version opens, is brought to the schema of today, and loses nothing.
@Suite(.timeLimit(.minutes(3))) struct UpgradeTests {
    @Test func migrationsRunOnce() async throws {
        let old = try await OldFolder()
        #expect(old.ran == Array(8...Schema.migrations.count))
        #expect(try await Migrator(Schema.migrations).run(old.store, now: 0) == [])
    }

    @Test func charactersAndTheirFilesAreThere() async throws {
        let old = try await OldFolder()
        let characters = try await old.items("studio.characters.list", [:])
        #expect(Set(characters.compactMap { $0["name"]?.stringValue }) == ["Fennel", "Orla", "Rivet"])
        let fennel = try #require(characters.first { $0["name"] == "Fennel" })
        #expect(fennel["description"] == "A fox with a lantern." && fennel["anchor_count"] == 2)
        for character in characters {
            for anchor in try await old.items("studio.anchors.list", ["character_id": character["character_id"] ?? ""])
            {
                let bytes = try await old.blobs.read(try #require(anchor["path"]?.stringValue))
                #expect(OldFolder.sha256(bytes) == anchor["sha256"]?.stringValue)
                #expect(anchor["role"] == "front")
            }
        }
    }

    /// Handles and the search came later than these characters.
    @Test func oldCharactersHaveHandlesAndAreFoundByWords() async throws {
        let old = try await OldFolder()
        let characters = try await old.items("studio.characters.list", [:])
        #expect(Set(characters.compactMap { $0["handle"]?.stringValue }) == ["fennel", "orla", "rivet"])
        #expect(characters.allSatisfy { $0["is_provisional"] == false && $0["bible_version"] == 0 })
        for text in ["lantern", "fennel", "FEN"] {
            let found = try await old.call("studio.characters.search", ["q": .string(text)])
            #expect(found["matches"]?.arrayValue?.map { $0["name"] } == ["Fennel"], "\(text)")
        }
        let project = try await old.items("studio.projects.list", [:])[0]
        #expect(project["style"] == "none")
    }

    @Test func charactersAreRecalledByTheirVectors() async throws {
        let old = try await OldFolder()
        for (name, expected) in [("Fennel", 2), ("Orla", 1)] {
            let character = try await old.character(name)
            let anchors = try await old.items("studio.anchors.list", ["character_id": character])
            #expect(anchors.count == expected)
            for anchor in anchors {
                let found = try await old.call("studio.recall", ["anchor_id": anchor["anchor_id"] ?? ""])
                #expect(found["compared"] == 3 && found["matches"]?[0]?["name"] == .string(name))
                #expect((found["matches"]?[0]?["score"]?.doubleValue ?? 0) > 0.999)
            }
        }
    }

    @Test func oldCharactersAreMerged() async throws {
        let old = try await OldFolder()
        let (fennel, orla) = (try await old.character("Fennel"), try await old.character("Orla"))
        let picture = try await old.items("studio.anchors.list", ["character_id": orla])[0]
        try await old.call("studio.characters.merge", ["character_id": fennel, "other_character_id": orla])
        let found = try await old.call("studio.recall", ["anchor_id": picture["anchor_id"] ?? ""])
        #expect(found["matches"]?.arrayValue?.map { $0["name"] } == ["Fennel"])
    }

    @Test func productsTheirFilesAndScansAreThere() async throws {
        let old = try await OldFolder()
        let products = try await old.items("products.list", [:])
        #expect(products.map { $0["external_id"] } == ["tea-1", "soda-1", "oat-1"])
        for product in products {
            #expect(product["is_embedded"] == true && product["template"] == "grocery")
            let image = try #require(product["images"]?[0])
            let bytes = try await old.blobs.read(try #require(image["path"]?.stringValue))
            #expect(OldFolder.sha256(bytes) == image["sha256"]?.stringValue)
        }
        #expect(products[2]["attributes"] == ["brand": "Harbour", "litres": 1, "organic": true])
        let scans = try await old.items("products.scans.list", [:])
        #expect(scans.count == 1 && scans[0]["matches"]?[0]?["external_id"] == "oat-1")
    }

    /// Filters on attributes came later than these vectors.
    @Test func productsAreFoundByVectorAndAttribute() async throws {
        let old = try await OldFolder()
        let product = try await old.call("products.get", ["product": "oat-1"])
        let image = try #require(product["images"]?[0]?["image_id"]?.stringValue)
        let stored = try await old.store.read { db in
            try CollectionTable().vector(of: image, tenant: .local, in: db)
        }
        let (vector, model) = try #require(stored)
        let cases: [(VectorFilter, Int)] = [
            (.everything, 3), (.equals("brand", .text("Harbour")), 1), (.equals("organic", .flag(true)), 1),
            (.range("litres", lower: .init(value: 0.5, isInclusive: true), upper: nil), 2),
            (.equals("template", .text("grocery")), 3), (.not(.exists("brand")), 1),
        ]
        for (filter, expected) in cases {
            let found = try await old.collections.search(
                vector, model: model, tenant: .local, scope: "products/image", k: 9, filter: filter)
            #expect(found.matches.count == expected && found.compared == expected, "\(filter)")
        }
    }

    @Test func collectionsAreSearched() async throws {
        let old = try await OldFolder()
        let query: JSONValue = [
            "collection": "shop", "vector": [1, 0.1, 0], "filter": ["price": ["lt": 8]], "include_vectors": true,
        ]
        let matches = try await old.call("collections.query", query)["results"]?[0]?["matches"]?.arrayValue ?? []
        #expect(matches.map { $0["id"] } == ["a", "b"], "what was removed stays removed")
        #expect(matches[0]["document"] == "a red lantern" && matches[0]["payload"] == ["brand": "x", "price": 5])
        #expect(matches[0]["vector"]?.arrayValue?.map(\.doubleValue) == [1, 0, 0])
    }

    @Test func jobsAreAsTheyEnded() async throws {
        let old = try await OldFolder()
        let jobs = try await old.items("jobs.list", ["limit": 100])
        #expect(jobs.filter { $0["status"] == "completed" }.count == 6)
        let failed = jobs.filter { $0["status"] == "failed" }
        #expect(failed.count == 1 && failed[0]["error_code"] == "not_found")
        let retried = try await old.call("jobs.retry", ["job_id": failed[0]["job_id"] ?? ""])
        #expect(retried["status"] == "pending")
    }

    @Test func noFileIsTakenForAnOrphan() async throws {
        let old = try await OldFolder()
        let sweeper = FileSweeper(
            store: old.store, blobs: old.blobs, owners: [old.studio, old.products], logger: quiet)
        #expect(try await sweeper.sweep(unnamedFor: .zero) == 0)
    }
}

/// The data folder of `Tests/Goldens/data-folder-v1`, opened by the features of today. No model is there to be asked.
private final class OldFolder: Sendable {
    let store: SQLiteStore
    let blobs: LocalBlobStore
    let studio: Studio
    let products: Products
    let collections: VectorCollections
    /// The migrations that were missing.
    let ran: [Int]
    private let folder: TemporaryFolder
    private let threads = BlockingThreads(name: "test", threads: 4)
    private let registry: OperationRegistry

    init() async throws {
        folder = try TemporaryFolder()
        try Self.unpack(into: folder.path)
        store = try SQLiteStore(path: folder.file("hearth.db"))
        let clock = SystemClock()
        ran = try await Migrator(Schema.migrations).run(store, now: clock.now())
        blobs = LocalBlobStore(root: folder.path, threads: threads)
        let metrics = MetricsRegistry()
        let queue = JobQueue(store: store, clock: clock, signal: SilentSignal())
        let engine = ScriptedEngine([], anchorModel: nil) { _ in
            throw HearthError(.modelNotReady, "There is no model.")
        }
        let cache = TieredCache(memory: MemoryTier(clock: clock, metrics: metrics), lower: [], metrics: metrics)
        let embeddings = EmbeddingService(engine: engine, cache: cache)
        collections = VectorCollections(store: store, folder: ScanFolder(folder.file("vectors")), logger: quiet)
        studio = Studio(
            store: store, blobs: blobs, queue: queue, engine: engine, embeddings: embeddings, collections: collections,
            metrics: metrics, clock: clock, logger: quiet)
        products = Products(
            Products.Parts(
                store: store, blobs: blobs, queue: queue, engine: engine, embeddings: embeddings,
                collections: collections, metrics: metrics, clock: clock, logger: quiet))
        let named = NamedCollections(store: store, vectors: collections, embeddings: embeddings, clock: clock)
        registry = try OperationRegistry(
            studio.operations() + products.operations() + CollectionOperations(named).operations()
                + JobOperations(queue: queue) { _ in .write }.all())
    }

    deinit { threads.stop() }

    private static func unpack(into folder: String) throws {
        let archive = TestFolders.goldens.appendingPathComponent("data-folder-v1/data.tar.gz")
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xzf", archive.path, "-C", folder]
        try tar.run()
        tar.waitUntilExit()
        guard tar.terminationStatus == 0 else {
            throw HearthError(.internalError, "The old data folder cannot be unpacked.")
        }
    }

    @discardableResult
    func call(_ name: String, _ input: JSONValue) async throws -> JSONValue {
        guard let operation = registry[name] else { throw HearthError(.notFound, name) }
        let context = OperationContext(
            principal: .local, requestID: "test", deadline: .now + .seconds(60), logger: quiet)
        return try await registry.call(operation, input: input, context: context)
    }

    func items(_ name: String, _ input: JSONValue) async throws -> [JSONValue] {
        try await call(name, input)["items"]?.arrayValue ?? []
    }

    /// The id of a character.
    func character(_ name: String) async throws -> JSONValue {
        let all = try await items("studio.characters.list", [:])
        return try #require(all.first { $0["name"] == .string(name) }?["character_id"])
    }

    static func sha256(_ bytes: Data) -> String {
        SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }
}

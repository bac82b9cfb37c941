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
import HearthTesting
import HearthVectorStore
import Hummingbird
import Testing

@testable import HearthDoors

/// What the front derives from the routes of its doors.
@Suite struct FrontRoutesTests {
    /// Every door there is, over a store of its own.
    private struct World {
        let doors: [any Door]
        let client: DoorClient
        private let folder: TemporaryFolder

        init() async throws {
            folder = try TemporaryFolder(.memory)
            let store = try SQLiteStore(path: folder.file("doors.db"))
            try await Migrator(
                JobTable.migrations + CollectionTable.migrations + CollectionTable.databaseMigrations
            ).run(store, now: 0)
            let signal = SilentSignal()
            let queue = JobQueue(store: store, clock: ManualClock(), signal: signal)
            let hub = EventHub(store: store, table: queue.table, signal: signal, logger: DoorServer.quiet)
            let embeddings = EmbeddingService(engine: ScriptedEngine([EmbeddingWorld.textModel]))
            let collections = NamedCollections(
                store: store, vectors: VectorCollections(store: store), embeddings: embeddings)
            let runner = EmbeddingRunner(service: embeddings, metrics: MetricsRegistry())
            let registry = try OperationRegistry(
                CollectionOperations(collections).operations() + JobOperations(queue: queue) { _ in .write }.all()
                    + ModelOperations(service: embeddings).all())
            let files = StoredFiles(
                store: store,
                blobs: LocalBlobStore(
                    root: folder.path, threads: BlockingThreads(name: "test-files", threads: 1)), owners: [])
            let images: [any Door] = [OpenAIDoor.Server.openAI, .openVINO].map { server in
                OpenAIImageDoor(registry: registry, queue: queue, hub: hub, files: files, as: server)
            }
            doors =
                images + [
                    RESTDoor(registry: registry, metrics: MetricsRegistry()), JobDoor(queue: queue, hub: hub),
                    CollectionDoor(collections: collections), EmbeddingDoor(runner), OpenAIDoor(runner),
                    TEIDoor(runner),
                    OpenAIDoor(runner, as: .openVINO), RootDoor(),
                    OllamaDoor(runner), OpenInferenceDoor(runner), ImmichDoor(runner, admitsAll: true),
                    ChromaDoor(collections: collections),
                    MonitoringDoor(metrics: MetricsRegistry()) { (isReady: true, reason: "") },
                ]
            client = try DoorClient(doors)
        }
    }

    private struct OneDoor: Door {
        var routes: [DoorRoute]
        var prefixes: [String] = []
        var errors: ErrorShape = .text(in: "oops")

        init(_ routes: [(HTTPRequest.Method, String)], prefixes: [String] = []) {
            self.routes = routes.map { method, path in
                DoorRoute(
                    method, path, errors: .text(in: "oops"),
                    describe: OpenAPIEntry("\(method) \(path)", "", answer: [:])
                ) { call in
                    let name = call.hasParameter("name") ? try call.parameter("name") : ""
                    return JSONReply(.string("\(path) \(name)")).response
                }
            }
            self.prefixes = prefixes
        }
    }

    @Test func theDocumentDescribesEveryRouteThatTheRouterAnswers() async throws {
        let world = try await World()
        let document = try await world.client.send(.get, "/openapi.json").json
        let paths = try #require(document["paths"]?.objectValue)
        var described: Set<String> = []
        for path in paths.members {
            for verb in path.value.objectValue?.keys ?? [] { described.insert("\(verb.uppercased()) \(path.key)") }
        }
        let router = world.client.routing.router()
        _ = router.buildResponder()  // adds HEAD
        let answered = Set(
            router.routes.map { "\($0.method.rawValue) \($0.path)".replacing("**", with: "{id}") })
        let heads = answered.filter { $0.hasPrefix("HEAD ") }
        #expect(answered.subtracting(heads) == described)
        #expect(Set(heads.map { $0.replacing("HEAD ", with: "GET ") }) == described.filter { $0.hasPrefix("GET ") })
        #expect(described.isSuperset(of: ["GET /ws/{job_id}", "GET /health", "GET /metrics", "GET /openapi.json"]))
    }

    @Test func theDocumentIsWellFormed() async throws {
        let world = try await World()
        let document = try await world.client.send(.get, "/openapi.json").json
        let schemes = Set(document.at("components.securitySchemes")?.objectValue?.keys ?? [])
        var identifiers: Set<String> = []
        let paths = try #require(document["paths"]?.objectValue?.members)
        #expect(!schemes.isEmpty && !paths.isEmpty)
        for path in paths {
            let names = path.key.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
            for operation in path.value.objectValue?.members ?? [] {
                let identifier = try #require(operation.value["operationId"]?.stringValue)
                #expect(identifiers.insert(identifier).inserted, "\(identifier) twice")
                let parameters = operation.value["parameters"]?.arrayValue ?? []
                let inPath = parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.stringValue }
                #expect(inPath.sorted() == names.map(String.init).sorted(), "\(path.key)")
                let security = try #require(operation.value["security"]?.arrayValue)
                #expect(security.isEmpty == (path.key == "/health"), "\(path.key)")
                for scheme in security { #expect(schemes.isSuperset(of: scheme.objectValue?.keys ?? ["?"])) }
                #expect(operation.value.at("responses.default") != nil)
            }
        }
    }

    @Test func theDocumentSaysWhatARouteTakes() async throws {
        let world = try await World()
        let paths = try #require(await world.client.send(.get, "/openapi.json").json["paths"])
        #expect(paths["/api/embed"]?.at("post.tags") == ["ollama"])
        let form = paths["/predict"]?.at("post.requestBody.content")
        #expect(form?.objectValue?.keys == ["multipart/form-data"])
        #expect(paths["/predict"]?.at("post.security.0") == [:], "no key is needed there")
        let infer = try #require(paths["/v2/models/{model}/versions/{version}/infer"]?["post"])
        #expect(infer["parameters"]?.arrayValue?.map { $0["name"] } == ["model", "version"])
        #expect(infer.at("requestBody.required") == true)
        #expect(infer.at("requestBody.content")?.objectValue?.keys == ["application/json"])
        #expect(paths["/v2"]?.at("get.requestBody") == nil)
        #expect(paths["/ws/{job_id}"]?.at("get.responses")?["101"] != nil)
    }

    @Test func headIsAnsweredWhereGetIs() async throws {
        let world = try await World()
        for path in ["/health", "/v1/models", "/", "/api/v2/heartbeat", "/api/collections", "/metrics"] {
            let get = try await world.client.send(.get, path)
            let head = try await world.client.send(.head, path)
            #expect(head.status == get.status, "\(path)")
            #expect(head.headers[.contentType] == get.headers[.contentType])
            #expect(get.body.isEmpty == false && head.body.isEmpty)
        }
        #expect(try await world.client.send(.head, "/embed").status == 405)
    }

    @Test func aKnownPathTellsTheMethodsThatItAnswers() async throws {
        let client = try DoorClient([
            OneDoor([(.get, "/things/search"), (.delete, "/things/{name}"), (.put, "/things/{name}")])
        ])
        let literal = try await client.send(.put, "/things/search")
        #expect(literal.status == 405)
        #expect(literal.headers[.allow] == "GET, HEAD", "a literal path hides a parameter")
        let parameter = try await client.send(.post, "/things/a")
        #expect(parameter.headers[.allow] == "DELETE, PUT")
        #expect(parameter.json["oops"] != nil, "in the shape of the path's routes")
        #expect(try await client.send(.post, "/nothing").status == 404)
    }

    @Test func aParameterMayTakeTheRestOfThePath() async throws {
        let client = try DoorClient([OneDoor([(.get, "/models"), (.get, "/models/{name*}")])])
        #expect(try await client.send(.get, "/models/a").json == "/models/{name*} a")
        #expect(try await client.send(.get, "/models/a/b%2Fc%20d").json == "/models/{name*} a/b/c d")
        #expect(try await client.send(.get, "/models").json == "/models ")
        #expect(try await client.send(.get, "/models/%zz").status == 400)
    }

    @Test func unknownPathsBelowAPrefixAnswerInTheShapeOfItsDoor() async throws {
        let world = try await World()
        for (path, field) in [("/v1/nothing", "error.message"), ("/v2/nothing", "error"), ("/api/v2/x/y", "message")] {
            let answer = try await world.client.send(.get, path)
            #expect(answer.status == 404)
            #expect(answer.json.at(field)?.stringValue != nil, "\(path): \(answer.text)")
        }
        #expect(try await world.client.send(.get, "/nothing").code == "not_found")
    }

    @Test func twoDoorsCannotAnswerTheSameRequests() {
        let error = #expect(throws: HearthError.self) {
            try DoorClient([OneDoor([(.get, "/a/{name}")]), OneDoor([(.get, "/a/{name}")])])
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func aQuickRouteMayHaveParameters() throws {
        let route = DoorRoute(
            .post, "/things/{thing}/parts", quick: .init(bodyBytes: 100),
            describe: OpenAPIEntry("things.parts", "", answer: [:])
        ) { _ in Response(status: .ok) }
        let table = try RouteTable([route], of: [])
        func isQuick(_ method: HTTPRequest.Method, _ path: String, _ bytes: Int) -> Bool {
            var head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
            head.headerFields[.contentLength] = String(bytes)
            return table.isQuick(head)
        }
        #expect(isQuick(.post, "/things/7/parts?role=side", 100))
        #expect(!isQuick(.post, "/things/7/parts", 101))
        #expect(!isQuick(.post, "/things/7", 100))
        #expect(!isQuick(.get, "/things/7/parts", 0))
    }

    @Test func onlyShortBodiesOfQuickRoutesAreQuick() async throws {
        let routing = try await World().client.routing
        func isQuick(_ method: HTTPRequest.Method, _ path: String, _ bytes: Int?, _ type: String? = nil) -> Bool {
            var head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
            head.headerFields[.contentLength] = bytes.map { String($0) }
            head.headerFields[.contentType] = type
            return routing.isQuick(head)
        }
        #expect(isQuick(.post, "/embed", 100))
        #expect(isQuick(.post, "/embed?model=a", 100))
        #expect(isQuick(.post, "/v1/embeddings", Limits.shortBodyBytes))
        #expect(!isQuick(.post, "/v1/embeddings", Limits.shortBodyBytes + 1))
        #expect(isQuick(.post, "/embed", Limits.shortPictureBytes, "image/png"))
        #expect(!isQuick(.post, "/v1/embeddings", Limits.shortPictureBytes, "image/png"))
        #expect(!isQuick(.post, "/embed", nil), "nobody knows how long it will be")
        #expect(!isQuick(.get, "/embed", 0))
        #expect(!isQuick(.post, "/embed/batch", 10))
    }
}

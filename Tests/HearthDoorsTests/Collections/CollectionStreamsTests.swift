import Foundation
import HTTPTypes
import HearthCollections
import HearthCore
import HearthDoors
import HearthHTTP
import HearthJSON
import HearthTesting
import HearthVectorStore
import Testing

/// What an export writes, an import reads again; bad lines are told of, and the others are kept.
@Suite struct CollectionStreamsTests {
    private let world: CollectionWorld

    init() async throws {
        world = try await CollectionWorld()
        try await world.make()
    }

    /// Some hundred records with payloads, some of them with documents.
    private func fill(_ count: Int) async throws {
        var random = RepeatableRandom(seed: 5)
        let records = (0..<count).map { index -> JSONValue in
            var record: JSONValue = [
                "id": .string("record \(index) ü\""), "vector": VectorReader.json(random.unitVector(dims: 2)),
                "payload": ["brand": "x", "price": .int(Int64(index)), "deep": ["a": [1, 2.5, nil]]],
            ]
            if index % 3 == 0 { record["document"] = .string("line\n\(index)") }
            return record
        }
        let answer = try await world.send(.post, "/api/collections/shop/records", ["records": .array(records)])
        #expect(answer.json["upserted"] == .int(Int64(count)))
    }

    @Test func aCollectionComesBackFromItsExport() async throws {
        try await fill(1_200)
        let export = try await world.send(.get, "/api/collections/shop/export")
        #expect(export.status == 200 && export.headers[.contentLength] == String(export.body.count))
        try await world.make("copy")
        let report = try await world.send(.post, "/api/collections/copy/import", bytes: export.body)
        #expect(report.json["upserted"] == 1_200 && report.json["error_count"] == 0)
        #expect(report.json["next_line"] == 1_201)
        #expect(try await world.send(.get, "/api/collections/copy/export").body == export.body)
        let filter: JSONValue = ["filter": ["price": ["gte": 1_190]]]
        #expect(try await world.send(.post, "/api/collections/copy/count", filter).json["count"] == 10)
        // Once more changes nothing.
        try await world.send(.post, "/api/collections/copy/import", bytes: export.body)
        #expect(try await world.send(.get, "/api/collections/copy/count").json["count"] == 1_200)
    }

    @Test func exportsAreBoundedInNumberAndGiveTheirPlaceBack() async throws {
        try await fill(3)
        var held: [CollectionExport] = []
        for _ in 0..<Limits.tenantExports {
            held.append(try await world.collections.export("shop", .jsonl, of: .local))
        }
        #expect(world.exports.count == Limits.tenantExports)
        let answer = try await world.send(.get, "/api/collections/shop/export")
        #expect(answer.status == 429 && answer.json.at("error.code") == "overloaded")
        try await world.make(as: CollectionWorld.other)
        #expect(try await world.send(.get, "/api/collections/shop/export", as: CollectionWorld.other).status == 200)
        held.removeAll()
        #expect(try await world.send(.get, "/api/collections/shop/export").status == 200)
        #expect(world.exports.count == 0)
    }

    @Test func anExportThatIsTooLargeForTheDiskIsRefusedAndLeavesNothing() async throws {
        try await fill(50)
        let folder = try TemporaryFolder(.memory)
        for space in [
            ExportSpace(folder: folder.path, most: 500, spare: 0), ExportSpace(folder: folder.path, spare: 1 << 50),
        ] {
            let collections = NamedCollections(
                store: world.store, vectors: world.collections.vectors, embeddings: world.collections.embeddings,
                exports: space)
            let error = await #expect(throws: HearthError.self) {
                _ = try await collections.export("shop", .jsonl, of: .local)
            }
            #expect(error?.code == .insufficientStorage)
            #expect(space.count == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func vectorsComeAsAMatrixWithTheirIds() async throws {
        try await fill(600)
        let matrix = try await world.send(.get, "/api/collections/shop/export?format=npy")
        let ids = try await world.send(.get, "/api/collections/shop/export?format=ids")
        let version = try #require(HTTPField.Name("X-Collection-Version"))
        #expect(matrix.headers[version] == ids.headers[version])
        var rows = ArrayRows()
        rows.append(matrix.body)
        let names = try ids.text.split(separator: "\n").map { try JSONParser.read(Data($0.utf8)).stringValue }
        #expect(names.count == 600)
        for name in names.prefix(50) {
            let shown = try await world.send(
                .post, "/api/collections/shop/records/get", ["ids": [.string(name ?? "")], "include_vectors": true])
            let vector = shown.json.at("records.0.vector")?.arrayValue?.compactMap(\.doubleValue).map { Float($0) }
            #expect(try rows.next() == vector)
        }
        try await world.make("matrix")
        let report = try await world.send(
            .post, "/api/collections/matrix/import?format=npy&id_prefix=row-", bytes: matrix.body)
        #expect(report.json["upserted"] == 600)
        let found = try await world.send(.post, "/api/collections/matrix/query", ["id": "row-7", "k": 1])
        #expect(found.json.ids == ["row-7"])
    }

    @Test func badLinesAreToldAndTheOthersAreKept() async throws {
        let lines = [
            #"{"id": "a", "vector": [1, 0]}"#, "", #"{"id": "b", "vector": [1, 0, 0]}"#, "{",
            #"{"id": "c", "vector": [0, 1]}"#,
            #"{"id": "d", "vector": [0, 1], "payload": {"price": "x"}}"#,
        ]
        let report = try await world.send(
            .post, "/api/collections/shop/import", bytes: Data(lines.joined(separator: "\n").utf8))
        #expect(report.status == 200 && report.json["upserted"] == 2 && report.json["error_count"] == 3)
        let errors = report.json["errors"]?.arrayValue ?? []
        #expect(errors.map { $0["line"] } == [3, 4, 6])
        #expect(errors.map { $0["code"] } == ["conflict", "invalid_request", "unprocessable_content"])
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 2)
    }

    @Test func anImportGoesOnFromALine() async throws {
        let lines = (1...1_000).map { "{\"id\": \"\($0)\", \"vector\": [1, \($0)]}" }.joined(separator: "\n")
        let report = try await world.send(
            .post, "/api/collections/shop/import?from_line=991", bytes: Data(lines.utf8))
        #expect(report.json["upserted"] == 10 && report.json["next_line"] == 1_001)
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 10)
    }

    @Test func theLaterOfTwoLinesCounts() async throws {
        let lines = #"{"id": "a", "vector": [1, 0]}"# + "\n" + #"{"id": "a", "vector": [0, 1]}"#
        let report = try await world.send(.post, "/api/collections/shop/import", bytes: Data(lines.utf8))
        #expect(report.json["upserted"] == 1 && report.json["error_count"] == 0)
        let shown = try await world.send(
            .post, "/api/collections/shop/records/get", ["ids": ["a"], "include_vectors": true])
        #expect(shown.json.at("records.0.vector") == [0.0, 1.0])
    }

    @Test func aMatrixThatEndsEarlySaysHowFarItCame() async throws {
        var bytes = Data(ArrayHeader(element: .float32, rows: 2_000, dims: 2).bytes)
        bytes.append(Data(littleEndian: (0..<2_000).map { _ in 1 }))
        let answer = try await world.send(.post, "/api/collections/shop/import?format=npy", bytes: bytes)
        #expect(answer.status == 400)
        // Whole batches are stored; what follows them is not.
        let next = try #require(answer.json.at("error.details.next_line")?.integerValue)
        let count = try await world.send(.get, "/api/collections/shop/count").json["count"]?.integerValue
        #expect(next == Int64(Limits.importBatch) + 1 && count == Int64(Limits.importBatch))
    }

    @Test(arguments: ["export?format=csv", "import?format=csv", "import?from_line=0", "import?from_line=x"])
    func otherFormatsAreRefused(path: String) async throws {
        let method: HTTPRequest.Method = path.hasPrefix("export") ? .get : .post
        #expect(try await world.send(method, "/api/collections/shop/\(path)").status == 400)
    }

    @Test func aCollectionWithoutVectorsHasNoMatrix() async throws {
        try await world.send(.post, "/api/collections", ["name": "open"])
        #expect(try await world.send(.get, "/api/collections/open/export?format=npy").status == 409)
        let empty = try await world.send(.get, "/api/collections/open/export")
        #expect(empty.status == 200 && empty.body.isEmpty)
    }

    @Test func theBudgetIsGivenBack() async throws {
        try await fill(10)
        _ = try await world.send(.get, "/api/collections/shop/export")
        _ = try await world.send(.post, "/api/collections/shop/import", bytes: Data("{".utf8))
        #expect(world.budget.bytesInFlight == 0)
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Ids and documents as programs write them: of any normal form, and with U+0000 in documents.
@Suite struct RecordTextTests {
    private static let decomposed = "data/user-files/collections/decomposed-id.json"
    private static let marked = "data/user-files/bom/records.jsonl"
    private static let database = "/api/v2/tenants/default_tenant/databases/default_database"
    /// One text to people, and two ids: composed, and as macOS writes file names.
    private static let spellings = ["notes/\u{DC}bung.pdf#0", "notes/U\u{308}bung.pdf#0"]
    private let world: CollectionWorld

    init() async throws {
        world = try await CollectionWorld()
        try await world.make()
    }

    private func chroma() async throws -> String {
        let made = try await world.send(.post, "\(Self.database)/collections", ["name": "alpha"])
        return "\(Self.database)/collections/\(try #require(made.json["id"]?.stringValue))"
    }

    /// The bytes of a text, because two spellings are one `String`.
    private func bytes(_ value: JSONValue?) -> [UInt8]? { value?.stringValue.map { Array($0.utf8) } }

    @Test func twoSpellingsOfOneTextAreTwoRecords() async throws {
        let records = Self.spellings.enumerated().map { number, id -> JSONValue in
            ["id": .string(id), "vector": [.int(Int64(number)), 1], "document": .string("\(number)")]
        }
        let stored = try await world.send(.post, "/api/collections/shop/records", ["records": .array(records)])
        #expect(stored.json["upserted"] == 2, "\(stored.text)")
        for (number, id) in Self.spellings.enumerated() {
            let found = try await world.send(
                .post, "/api/collections/shop/records/get", ["ids": [.string(id)]])
            #expect(bytes(found.json.at("records.0.id")) == Array(id.utf8))
            #expect(found.json.at("records.0.document") == .string("\(number)"))
        }
        let both = try await world.send(
            .post, "/api/collections/shop/records/get", ["ids": .array(Self.spellings.map { .string($0) })])
        #expect(both.json["records"]?.arrayValue?.map { bytes($0["id"]) } == Self.spellings.map { Array($0.utf8) })
        let query = try await world.send(.post, "/api/collections/shop/query", ["vector": [0, 1], "k": 5])
        #expect(query.json.at("results.0.matches")?.arrayValue?.count == 2)
        let deleted = try await world.send(
            .post, "/api/collections/shop/records/delete", ["ids": [.string(Self.spellings[1])]])
        #expect(deleted.json["deleted"] == 1)
        let left = try await world.send(.get, "/api/collections/shop/records")
        #expect(left.json["items"]?.arrayValue?.map { bytes($0["id"]) } == [Array(Self.spellings[0].utf8)])
    }

    @Test func anImportTakesBothSpellingsToo() async throws {
        let lines = Self.spellings.map { "{\"id\": \"\($0)\", \"vector\": [1, 0]}\n" }.joined()
        let report = try await world.send(.post, "/api/collections/shop/import", bytes: Data(lines.utf8))
        #expect(report.json["upserted"] == 2, "\(report.text)")
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 2)
    }

    @Test func chromaClientsFindARecordByTheIDThatTheyGave() async throws {
        let path = try await chroma()
        let added = try await world.send(
            .post, "\(path)/add",
            ["ids": .array(Self.spellings.map { .string($0) }), "embeddings": [[1, 0], [0, 1]]])
        #expect(added.status == 201, "\(added.text)")
        for id in Self.spellings {
            let found = try await world.send(.post, "\(path)/get", ["ids": [.string(id)]])
            #expect(found.json["ids"]?.arrayValue?.map { bytes($0) } == [Array(id.utf8)])
        }
        let query = try await world.send(
            .post, "\(path)/query",
            ["query_embeddings": [[1, 0]], "n_results": 2, "ids": [.string(Self.spellings[1])]])
        #expect(query.json.at("ids.0")?.arrayValue?.map { bytes($0) } == [Array(Self.spellings[1].utf8)])
    }

    @Test func aDocumentKeepsItsNullCharacters() async throws {
        let path = try await chroma()
        // The middle one is what a stored null character looks like, and must not be taken for one.
        let documents = ["page 1\u{0}page 2", "\u{10FDD0}\u{10FDD1}", "plain"]
        let added = try await world.send(
            .post, "\(path)/add",
            [
                "ids": ["a", "b", "c"], "embeddings": [[1, 0], [0, 1], [1, 1]],
                "documents": .array(documents.map { .string($0) }),
            ])
        #expect(added.status == 201, "\(added.text)")
        let get = try await world.send(.post, "\(path)/get", [:])
        #expect(get.json["documents"] == .array(documents.map { .string($0) }))
        func ids(_ condition: JSONValue) async throws -> JSONValue? {
            try await world.send(.post, "\(path)/get", ["where_document": condition]).json["ids"]
        }
        #expect(try await ids(["$contains": "1\u{0}p"]) == ["a"])
        #expect(try await ids(["$not_contains": "\u{0}"]) == ["b", "c"])
        #expect(try await ids(["$contains": "\u{10FDD1}"]) == ["b"])
        try await world.send(
            .post, "/api/collections/shop/records",
            ["records": [["id": "a", "vector": [1, 0], "document": "x\u{0}y"]]])
        let native = try await world.send(.post, "/api/collections/shop/records/get", ["ids": ["a"]])
        #expect(native.json.at("records.0.document") == "x\u{0}y")
    }

    @Test func aMarkOfUTF8AtTheStartOfABodyOrALineFileIsPassedOver() async throws {
        let report = try await world.send(
            .post, "/api/collections/shop/import", bytes: Data("\u{FEFF}{\"id\": \"1\", \"vector\": [1, 0]}".utf8))
        #expect(report.json["upserted"] == 1 && report.json["error_count"] == 0, "\(report.text)")
        let body = try await world.send(
            .post, "/api/collections/shop/query", bytes: Data("\u{FEFF}{\"vector\": [1, 0]}".utf8))
        #expect(body.json.ids == ["1"])
    }

    @Test(.enabled(if: SharedData.has(decomposed), Comment(rawValue: SharedData.reason(decomposed))))
    func aBatchWithAFileNameOfMacOSIsStored() async throws {
        let path = try await chroma()
        let added = try await world.send(
            .post, "\(path)/add", bytes: Data(contentsOf: SharedData.url(Self.decomposed)))
        #expect(added.status == 201, "\(added.text)")
        #expect(try await world.send(.get, "\(path)/count").json == 2)
        let ids = try JSONParser.read(Data(contentsOf: SharedData.url(Self.decomposed)))["ids"] ?? .null
        let found = try await world.send(.post, "\(path)/get", ["ids": ids])
        #expect(found.json["ids"]?.arrayValue?.count == 2)
    }

    @Test(.enabled(if: SharedData.has(marked), Comment(rawValue: SharedData.reason(marked))))
    func aFileThatAnEditorHasMarkedIsImportedWhole() async throws {
        let report = try await world.send(
            .post, "/api/collections/shop/import", bytes: Data(contentsOf: SharedData.url(Self.marked)))
        #expect(report.json["upserted"] == 2 && report.json["error_count"] == 0, "\(report.text)")
    }
}

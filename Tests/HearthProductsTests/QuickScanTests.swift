import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthProducts

@Suite(.timeLimit(.minutes(3))) struct QuickScanTests {
    @Test func aPictureFindsItsProduct() async throws {
        let bench = try await ProductBench()
        for number in 1...5 { try await bench.upsert("sku-\(number)", picture: number, ["title": "Product"]) }
        try await bench.runJobs()
        let reply = try await bench.scan(3, ["k": 2])
        #expect(bench.found(reply).first == "sku-3" && bench.found(reply).count == 2)
        #expect((reply["matches"]?[0]?["score"]?.doubleValue ?? 0) > 0.999)
        #expect(reply["searched"] == "image" && reply["is_complete"] == true && reply["compared"] == 5)
        #expect(reply["model"]?["id"] == "pictures" && reply["is_cached"] == false)
    }

    @Test func theModelOfProductsMayBeAnotherThanThatOfAnchors() async throws {
        let models = [ModelStatus.ready("anchors", .imageEmbedding, dims: 4), ProductBench.picturesModel]
        let bench = try await ProductBench(models, productModel: "pictures")
        try await bench.upsert("sku-1", picture: 1)
        // Before anything is embedded as well as after.
        #expect(try await bench.scan(1)["model"]?["id"] == "pictures")
        try await bench.runJobs()
        let reply = try await bench.scan(1)
        #expect(reply["model"]?["id"] == "pictures" && bench.found(reply) == ["sku-1"])
        let asked = Set(bench.asked.withLock { $0.map(\.model) })
        #expect(asked == ["pictures"])
    }

    @Test func theSameBytesAgainAskNoModel() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("sku-1", picture: 1)
        try await bench.runJobs()
        let first = try await bench.scan(7)
        let asked = bench.asked.withLock { $0.count }
        let second = try await bench.scan(7)
        #expect(bench.asked.withLock { $0.count } == asked)
        #expect(second["is_cached"] == true && second["matches"] == first["matches"])
        #expect(second["timings"]?["compute_ms"]?.doubleValue == 0)
    }

    @Test func templateSourceTypeAndThresholdNarrow() async throws {
        let bench = try await ProductBench()
        for number in 0..<12 {
            let fields: JSONValue = [
                "template": number.isMultiple(of: 2) ? "even" : "odd", "source_type": number < 6 ? "low" : "high",
            ]
            try await bench.upsert("sku-\(number)", picture: number, fields)
        }
        try await bench.runJobs()
        let reply = try await bench.scan(3, ["template": "even", "source_type": "high", "k": 50])
        #expect(Set(bench.found(reply)) == ["sku-6", "sku-8", "sku-10"], "the count is min(k, matching)")
        #expect(bench.found(try await bench.scan(3, ["threshold": 0.999])) == ["sku-3"])
        #expect(bench.found(try await bench.scan(3, ["min_score": 0.999, "template": "even"])).isEmpty)
        let error = await #expect(throws: HearthError.self) { try await bench.scan(3, ["k": 0]) }
        #expect(error?.code == .invalidRequest)
    }

    // MARK: Filters on attributes

    /// Ten products with a brand, a price and a flag; the tenth has no attributes.
    private func filledBench() async throws -> ProductBench {
        let bench = try await ProductBench()
        for number in 0..<9 {
            let attributes: JSONValue = [
                "brand": number.isMultiple(of: 2) ? "even" : "odd", "price": .double(Double(number) / 2),
                "organic": .bool(number > 6),
            ]
            try await bench.upsert("sku-\(number)", picture: number, ["attributes": attributes])
        }
        try await bench.upsert("sku-9", picture: 9)
        try await bench.runJobs()
        return bench
    }

    @Test func attributesNarrowAScanBeforeAnythingIsCompared() async throws {
        let bench = try await filledBench()
        let cases: [(JSONValue, [Int])] = [
            (["brand": "even"], [0, 2, 4, 6, 8]), (["price": ["gte": 1, "lt": 2]], [2, 3]),
            (["organic": true], [7, 8]), (["brand": ["exists": false]], [9]),
            (["brand": "odd", "price": ["gt": 2.5]], [7]),
            (["or": [["organic": true], ["price": ["in": [0, 1]]]]], [0, 2, 7, 8]),
            (["not": ["brand": "odd"], "template": "default"], [0, 2, 4, 6, 8, 9]), (["template": "other"], []),
        ]
        for (filter, expected) in cases {
            let reply = try await bench.scan(3, ["filter": filter, "k": 50])
            #expect(bench.found(reply).sorted() == expected.map { "sku-\($0)" }, "\(filter.encodedText())")
            #expect(reply["compared"]?.integerValue == Int64(expected.count), "\(filter.encodedText())")
        }
        let text = try await bench.scan(3, ["filter": #"{"organic": true}"#, "template": "default", "k": 50])
        #expect(bench.found(text).sorted() == ["sku-7", "sku-8"], "as it comes in a query string")
    }

    @Test func whatIsNoFilterIsRefused() async throws {
        let bench = try await ProductBench()
        for filter: JSONValue in [["price": ["above": 1]], ["price": ["gt": "a"]], "no JSON", 7, ["and": []]] {
            let error = await #expect(throws: HearthError.self) { try await bench.scan(1, ["filter": filter]) }
            #expect(error?.code == .invalidRequest || error?.code == .unprocessable, "\(filter.encodedText())")
        }
    }

    @Test func anotherAttributeOrTemplateCountsAtOnceAndAsksNoModel() async throws {
        let bench = try await filledBench()
        let asked = bench.asked.withLock { $0.count }
        let changed = try await bench.upsert("sku-3", ["template": "new", "attributes": ["brand": "mine"]])
        #expect(changed["job_id"] == nil && changed["product"]?["is_embedded"] == true)
        #expect(bench.found(try await bench.scan(5, ["filter": ["brand": "mine"], "store": false])) == ["sku-3"])
        #expect(bench.found(try await bench.scan(5, ["template": "new"])) == ["sku-3"])
        let odd = try await bench.scan(5, ["filter": ["brand": "odd"], "k": 50])
        #expect(bench.found(odd).sorted() == ["sku-1", "sku-5", "sku-7"] && odd["compared"] == 3)
        #expect(bench.asked.withLock { $0.count } == asked + 1, "the picture of the scan, once")
    }

    @Test func anAttributeThatChangesWhileItsProductIsLookedAtIsTheNewOne() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("sku-1", picture: 1, ["attributes": ["brand": "old"]])
        let models = try await bench.adoptModels()
        let subject = try await bench.store.read { db in
            try ProductTable().subjectsToEmbed(of: .local, template: nil, after: "", limit: 1, in: db)
        }
        let late = try await bench.products.embed(subject, by: models, tenant: .local, timeout: .seconds(5))
        try await bench.upsert("sku-1", ["attributes": ["brand": "new"]])
        let isRecorded = try await bench.store.write { [products = bench.products] db in
            try products.record(late[0], by: models, tenant: .local, in: db)
        }
        #expect(isRecorded, "its content has not changed")
        #expect(bench.found(try await bench.scan(1, ["filter": ["brand": "new"]])) == ["sku-1"])
        #expect(bench.found(try await bench.scan(1, ["filter": ["brand": "old"]])).isEmpty)
    }

    @Test func aListIsNarrowedByTheSameWords() async throws {
        let bench = try await filledBench()
        let filter: JSONValue = ["brand": "even"]
        let first = try await bench.call("products.list", ["filter": filter, "limit": 3])
        #expect(first["items"]?.arrayValue?.map { $0["external_id"] } == ["sku-8", "sku-6", "sku-4"])
        let second = try await bench.call(
            "products.list", ["filter": filter, "limit": 3, "cursor": first["next_cursor"] ?? .null])
        #expect(second["items"]?.arrayValue?.map { $0["external_id"] } == ["sku-2", "sku-0"])
        #expect(second["next_cursor"] == nil)
        let none = try await bench.call("products.list", ["filter": ["brand": "none"]])
        #expect(none["items"]?.arrayValue == [] && none["next_cursor"] == nil)
    }

    @Test func severalPicturesOfAProductAreOneMatch() async throws {
        let bench = try await ProductBench()
        for number in 1...3 { try await bench.upsert("sku-1", picture: number) }
        try await bench.upsert("sku-2", picture: 9)
        try await bench.runJobs()
        let reply = try await bench.scan(2, ["k": 5])
        #expect(bench.found(reply).sorted() == ["sku-1", "sku-2"] && bench.found(reply).first == "sku-1")
        #expect(reply["compared"] == 4)
    }

    @Test func wordsSearchTextsWhenPicturesAreNotInTheirSpace() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("oat", picture: 1, ["title": "Oat drink", "description": "barista"])
        try await bench.upsert("rye", picture: 2, ["title": "Rye bread"])
        try await bench.runJobs()
        let reply = try await bench.call("products.search", ["text": "oat drink"])
        #expect(reply["searched"] == "text" && reply["model"]?["id"] == "texts")
        #expect(bench.found(reply).first == "oat")
    }

    @Test func wordsSearchPicturesWhenOneModelReadsBoth() async throws {
        let bench = try await ProductBench([ProductBench.jointModel])
        try await bench.upsert("one", picture: 1, ["title": "Oat drink"])
        try await bench.upsert("two", picture: 2)
        try await bench.runJobs()
        let reply = try await bench.call("products.search", ["text": "picture"])
        #expect(reply["searched"] == "image" && reply["compared"] == 2)
        #expect(reply["model"]?["id"] == "joint")
    }

    @Test func withoutAModelForTextsTheRequestSaysSo() async throws {
        let bench = try await ProductBench([ProductBench.picturesModel])
        try await bench.upsert("one", picture: 1, ["title": "Oat drink"])
        try await bench.runJobs()
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.search", ["text": "oat"])
        }
        #expect(error?.code == .notFound)
        #expect(bench.found(try await bench.scan(1)) == ["one"], "a part may be missing")
    }

    @Test(arguments: RepeatableRandom.seeds(12)) func aCombinedScanIsWhatAllScoresTogetherSay(seed: UInt64) async throws
    {
        var random = RepeatableRandom(seed: seed)
        let bench = try await ProductBench()
        let words = ["oat", "rye", "milk", "bread", "drink", "sour", "fresh", "dark"]
        let weights = PartWeights(image: Double.random(in: 0.1...1, using: &random), text: 0.5)
        try await bench.call(
            "products.settings.set",
            ["image_weight": .double(weights.image), "text_weight": .double(weights.text)])
        for number in 0..<120 {
            let hasPicture = random.chance(70)
            let title = words.shuffled(using: &random).prefix(2).joined(separator: " ")
            let hasText = !hasPicture || random.chance(70)
            try await bench.upsert(
                "sku-\(number)", picture: hasPicture ? number : nil, hasText ? ["title": .string(title)] : [:])
        }
        try await bench.runJobs()
        let reply = try await bench.scan(500, ["text": "sour milk", "k": 6])
        #expect(reply["searched"] == "combined" && reply["text_model"]?["id"] == "texts")
        // The oracle: every product's scores, all at once.
        let everything = try await bench.scan(500, ["text": "sour milk", "k": 200])
        let expected = (everything["matches"]?.arrayValue ?? []).map { match -> Double in
            let parts = [(weights.image, match["image_score"]), (weights.text, match["text_score"])].compactMap {
                part in
                part.1?.doubleValue.map { (part.0, $0) }
            }
            return parts.reduce(0) { $0 + $1.0 * $1.1 } / parts.reduce(0) { $0 + $1.0 }
        }
        #expect(expected.count == 120, "seed \(seed)")
        #expect(zip(expected, expected.dropFirst()).allSatisfy { $0 >= $1 - 1e-6 }, "seed \(seed)")
        #expect(bench.found(reply) == Array(bench.found(everything).prefix(6)), "seed \(seed)")
    }

    @Test func aPartThatCountsNothingIsNotSearched() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("one", picture: 1, ["title": "Oat drink", "template": "words"])
        try await bench.upsert("two", picture: 2, ["title": "Rye bread", "template": "words"])
        try await bench.runJobs()
        try await bench.call("products.settings.set", ["template": "words", "image_weight": 0, "text_weight": 1])
        let reply = try await bench.scan(1, ["text": "rye bread", "template": "words"])
        #expect(reply["searched"] == "text" && bench.found(reply) == ["two", "one"])
        let other = try await bench.scan(1, ["text": "rye bread"])
        #expect(other["searched"] == "combined", "the weights of one template are not those of all")
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.settings.set", ["image_weight": 0, "text_weight": 0])
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func productsThatGoWhileTheyAreSearchedAreNotFound() async throws {
        let bench = try await ProductBench()
        for number in 0..<40 { try await bench.upsert("sku-\(number)", picture: number) }
        try await bench.runJobs()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<30 { try await bench.call("products.delete", ["product": .string("sku-\(number)")]) }
            }
            for _ in 0..<4 {
                group.addTask {
                    for number in 0..<20 {
                        let gone = try await bench.store.read { db in
                            try db.values("SELECT external_id FROM products", as: String.self)
                        }
                        let found = bench.found(try await bench.scan(number, ["k": 5, "store": false]))
                        #expect(found.count == 5 && Set(found).isSubset(of: Set(gone)))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(bench.found(try await bench.scan(1, ["k": 100]))) == Set((30..<40).map { "sku-\($0)" }))
    }
}

import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthTesting
import Testing

@testable import HearthProducts

@Suite(.timeLimit(.minutes(3))) struct ProductTests {
    private let bench: ProductBench

    init() async throws { bench = try await ProductBench() }

    @Test func aProductHasFileRowsAndJob() async throws {
        let reply = try await bench.upsert(
            "sku-1", picture: 1,
            ["title": "Oat drink", "attributes": ["litres": 1.5, "organic": true, "brand": "Ours"]])
        #expect(reply["is_new"] == true)
        let product = try await bench.call("products.get", ["product": "sku-1"])
        #expect(product["attributes"] == ["brand": "Ours", "litres": 1.5, "organic": true])
        #expect(product["template"] == "default" && product["is_embedded"] == false)
        let path = try #require(product["images"]?[0]?["path"]?.stringValue)
        #expect(try await bench.blobs.read(path) == ProductBench.picture(1))
        #expect(try await bench.jobs("products.embed").map(\.status) == [.pending])
        try await bench.runJobs()
        #expect(try await bench.call("products.get", ["product": "sku-1"])["is_embedded"] == true)
        #expect(try await bench.count("embeddings") == 2, "one of the picture, one of the text")
    }

    /// Rows that may be there must find their file; whether they are, only a later look can say.
    @Test(arguments: [(FailingStore.Fault.refused, 0), (.answerLost, 1)])
    func aFileStaysWhenItsRowsMayHaveBeenCommitted(fault: FailingStore.Fault, count: Int) async throws {
        bench.writeFault.withLock { $0 = fault }
        await #expect(throws: HearthError.self) { try await bench.upsert("sku-1", picture: 1) }
        bench.writeFault.withLock { $0 = nil }
        #expect(try await bench.count("products") == count)
        #expect(try await bench.files().count == count)
    }

    @Test func theSameAgainChangesNothingAndCostsNoJob() async throws {
        try await bench.upsert("sku-1", picture: 1, ["title": "Oat drink"])
        try await bench.runJobs()
        let again = try await bench.upsert("sku-1", picture: 1, ["title": "Oat drink"])
        #expect(again["is_new"] == false && again["job_id"] == nil)
        #expect(try await bench.files().count == 1)
        #expect(try await bench.count("products") == 1)
    }

    @Test func whatIsNotSaidStays() async throws {
        try await bench.upsert("sku-1", ["title": "Oat drink", "template": "grocery", "attributes": ["a": 1]])
        try await bench.upsert("sku-1", ["description": "With calcium."])
        let product = try await bench.call("products.get", ["product": "sku-1"])
        #expect(product["title"] == "Oat drink" && product["template"] == "grocery")
        #expect(product["attributes"] == ["a": 1] && product["description"] == "With calcium.")
    }

    @Test(
        arguments: [
            ["external_id": ""], ["external_id": .string(String(repeating: "x", count: 201))],
            ["external_id": "a\nb"], ["external_id": "a", "template": ""],
            ["external_id": "a", "title": .string(String(repeating: "x", count: 501))],
            ["external_id": "a", "attributes": ["deep": ["down": 1]]], ["external_id": "a", "attributes": [1, 2]],
            ["external_id": "a", "attributes": ["": 1]],
            ["external_id": "a", "attributes": ["big": .string(String(repeating: "x", count: 10 << 20))]],
        ] as [JSONValue])
    func whatCannotBeUsedIsRefusedAndLeavesNothing(input: JSONValue) async throws {
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.upsert", input, attachment: ProductBench.picture(1))
        }
        #expect(error?.code == .invalidRequest)
        #expect(try await bench.count("products") == 0)
        #expect(try await bench.files().isEmpty)
        #expect(try await bench.count("jobs") == 0)
    }

    @Test func whatIsNoPictureLeavesNothing() async throws {
        await #expect(throws: HearthError.self) {
            try await bench.call("products.upsert", ["external_id": "a"], attachment: Data("<html>".utf8))
        }
        #expect(try await bench.count("products") == 0)
        #expect(try await bench.files().isEmpty)
    }

    @Test func picturesAreAddedUpToTheirLimitAndRemoved() async throws {
        try await bench.upsert("sku-1", picture: 0)
        for number in 1..<Limits.productImages {
            try await bench.call(
                "products.images.add", ["product": "sku-1"], attachment: ProductBench.picture(number))
        }
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.images.add", ["product": "sku-1"], attachment: ProductBench.picture(99))
        }
        #expect(error?.code == .invalidRequest)
        #expect(try await bench.files().count == Limits.productImages)
        try await bench.runJobs()
        let image = try await bench.call("products.get", ["product": "sku-1"])["images"]?[0]?["image_id"] ?? .null
        try await bench.call("products.images.delete", ["product": "sku-1", "image_id": image])
        try await bench.runJobs()
        #expect(try await bench.files().count == Limits.productImages - 1)
        #expect(try await bench.count("embeddings") == Int64(Limits.productImages - 1))
        #expect(bench.found(try await bench.scan(0)) == ["sku-1"], "its other pictures are still there")
    }

    @Test func listsArePagedAndNarrowed() async throws {
        for number in 0..<7 {
            try await bench.upsert(
                "sku-\(number)",
                ["template": number.isMultiple(of: 2) ? "even" : "odd", "source_type": number < 3 ? "low" : "high"])
        }
        let first = try await bench.call("products.list", ["limit": 4])
        #expect(first["items"]?.arrayValue?.map { $0["external_id"] } == ["sku-6", "sku-5", "sku-4", "sku-3"])
        let second = try await bench.call("products.list", ["limit": 4, "cursor": first["next_cursor"] ?? .null])
        #expect(second["items"]?.arrayValue?.count == 3 && second["next_cursor"] == nil)
        let narrowed = try await bench.call("products.list", ["template": "even", "source_type": "high"])
        #expect(narrowed["items"]?.arrayValue?.map { $0["external_id"] } == ["sku-6", "sku-4"])
    }

    /// A template without products is no error: it may be about to get some.
    @Test func ofATemplateWithoutProductsTheOneThatWasMeantIsNamed() async throws {
        try await bench.upsert("sku-1", picture: 1, ["template": "shop", "title": "Oat drink"])
        try await bench.upsert("sku-2", picture: 2, ["template": "warehouse"])
        try await bench.runJobs()
        let hint: JSONValue = "No product has the template `shpo`. Did you mean `shop`?"
        let misspelt = try await bench.call("products.list", ["template": "shpo"])
        #expect(misspelt["items"] == [] && misspelt["hint"] == hint)
        let searched = try await bench.call("products.search", ["text": "oat", "template": "shpo"])
        #expect(searched["matches"] == [] && searched["hint"] == hint)
        let other = try await bench.call("products.search", ["text": "oat", "template": "books"])
        #expect(other["hint"] == "No product has the template `books`. There are `shop`, `warehouse`.")
        #expect(try await bench.call("products.list", ["template": "shop"])["hint"] ?? .null == .null)
        let tenant = Tenant(rawValue: "without-products")
        let empty = try await bench.call("products.list", ["template": "shop"], tenant: tenant)
        #expect(empty["hint"] ?? .null == .null, "there is nothing that it could be")
    }

    @Test func ofAProductThatThereIsNotTheOneThatWasMeantIsNamed() async throws {
        try await bench.upsert("oat-1", ["title": "Oat drink"])
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.delete", ["product": "oat-2"])
        }
        #expect(error?.code == .notFound && error?.hint?.hasPrefix("Did you mean `oat-1`?") == true)
        let other = await #expect(throws: HearthError.self) {
            try await bench.call("products.get", ["product": "nope"])
        }
        #expect(other?.hint?.hasPrefix("`GET /products`") == true)
    }

    @Test func aDeletedProductTakesEverythingWithIt() async throws {
        try await bench.upsert("sku-1", picture: 1, ["title": "Oat drink"])
        try await bench.runJobs()
        let reply = try await bench.call("products.delete", ["product": "sku-1"])
        #expect(reply["image_count"] == 1)
        for table in ["products", "product_images", "embeddings"] {
            #expect(try await bench.count(table) == 0, "\(table)")
        }
        #expect(try await bench.files().isEmpty)
        #expect(bench.found(try await bench.scan(1)).isEmpty)
    }

    @Test func aTenantSeesNothingOfAnother() async throws {
        let other = Tenant(rawValue: "other")
        let mine = try await bench.upsert("sku-1", picture: 1, ["title": "Oat drink"])
        try await bench.upsert("sku-1", picture: 2, ["title": "Rye bread"], tenant: other)
        try await bench.runJobs()
        _ = try await bench.scan(1)
        while await bench.scans.writeSome() {}
        let id = mine["product"]?["product_id"] ?? .null
        let missing: [(String, JSONValue)] = [
            ("products.get", ["product": id]), ("products.delete", ["product": id]),
            ("products.images.delete", ["product": id, "image_id": mine["product"]?["images"]?[0]?["image_id"] ?? ""]),
        ]
        for (operation, input) in missing {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call(operation, input, tenant: other)
            }
            #expect(error?.code == .notFound, "\(operation)")
        }
        #expect(try await bench.call("products.get", ["product": "sku-1"], tenant: other)["title"] == "Rye bread")
        let found = try await bench.scan(1, tenant: other)
        #expect(found["matches"]?.arrayValue?.map { $0["title"] } == ["Rye bread"])
        #expect(found["compared"] == 1)
        #expect(try await bench.call("products.scans.list", [:], tenant: other)["items"]?.arrayValue == [])
        #expect(try await bench.call("products.list", [:], tenant: other)["items"]?.arrayValue?.count == 1)
    }

    @Test func theSweepRemovesOrphansOnly() async throws {
        try await bench.upsert("sku-1", picture: 1)
        let begun = try await bench.call("products.imports.begin", [:])
        try await bench.call(
            "products.imports.append", ["import_id": begun["import_id"] ?? .null, "offset": 0],
            attachment: Data("{}".utf8))
        let kept = (try await bench.files(), try await bench.files("imports"))
        try await bench.blobs.write(Data([1]), to: "products/lost/x.jpg")
        try await bench.blobs.write(Data([1]), to: "imports/lost/x")
        #expect(try await bench.sweep() == 2)
        #expect(try await bench.files() == kept.0)
        #expect(try await bench.files("imports") == kept.1)
    }

    @Test func aChangeWhileItIsLookedAtIsLookedAtAgain() async throws {
        try await bench.upsert("sku-1", picture: 1, ["title": "Oat drink"])
        let subject = try await bench.store.read { db in
            try ProductTable().subjectsToEmbed(of: .local, template: nil, after: "", limit: 1, in: db)
        }
        try await bench.upsert("sku-1", ["title": "Rye bread"])
        let models = try await bench.adoptModels()
        let late = try await bench.products.embed(subject, by: models, tenant: .local, timeout: .seconds(5))
        let isRecorded = try await bench.store.write { [products = bench.products] db in
            try products.record(late[0], by: models, tenant: .local, in: db)
        }
        #expect(!isRecorded)
        #expect(try await bench.count("embeddings") == 0)
        try await bench.runJobs()
        let bread = try await bench.call("products.search", ["text": "rye bread"])
        #expect((bread["matches"]?[0]?["score"]?.doubleValue ?? 0) > 0.999)
    }

    @Test func schemasAndTypesAgree() {
        for operation in bench.products.operations() {
            #expect(operation.schemaProblem == nil, "\(operation.name)")
        }
    }

    /// A job of what the tenant does not have would only find that out later.
    @Test(arguments: [("products.embed", "product_id"), ("products.imports.run", "import_id")])
    func noJobIsMadeOfWhatTheTenantDoesNotHave(operation: String, field: String) async throws {
        let error = await #expect(throws: HearthError.self) {
            try await bench.call(operation, [field: .string(Identifier.make())])
        }
        #expect(error?.code == .notFound)
        #expect(try await bench.jobs(operation).isEmpty)
    }
}

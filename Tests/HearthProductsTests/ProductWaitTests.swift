import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthLocalFiles
import HearthTesting
import Testing

@testable import HearthProducts

/// Answers say what searches do not see yet, and a change or an import may wait until they do.
@Suite(.timeLimit(.minutes(3))) struct ProductWaitTests {
    @Test func aScanSaysHowManyProductsHaveNoVectorsYet() async throws {
        let bench = try await ProductBench()
        for number in 1...3 { try await bench.upsert("sku-\(number)", picture: number, ["template": "shop"]) }
        let before = try await bench.scan(1)
        #expect(before["pending"] == 3 && before["is_complete"] == false && bench.found(before).isEmpty)
        #expect(try await bench.call("products.search", ["text": "tea"])["pending"] == 3)
        try await bench.runJobs()
        let after = try await bench.scan(1)
        #expect(after["pending"] == 0 && after["is_complete"] == true && bench.found(after).first == "sku-1")
        try await bench.upsert("sku-1", picture: 9)
        #expect(try await bench.scan(1)["pending"] == 1, "what has changed is made again")
        #expect(try await bench.scan(1, ["template": "other"])["is_complete"] == true, "no such product is pending")
    }

    @Test func aPictureThatCannotBeEmbeddedIsNotPending() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("sku-1", picture: 1)
        try await bench.blobs.remove(bench.files())
        try await bench.runJobs()
        #expect(try await bench.scan(1)["pending"] == 0)
    }

    /// Searches use the old models until all products have vectors by the new ones.
    @Test func whatIsAddedWhileTheModelsChangeIsPending() async throws {
        let bench = try await ProductBench()
        for number in 1...3 { try await bench.upsert("sku-\(number)", picture: number) }
        try await bench.runJobs()
        let later = ModelStatus.ready("later", .imageEmbedding, dims: 8)
        bench.models.withLock { $0 = [later, ProductBench.textsModel, ProductBench.picturesModel] }
        _ = try await bench.runJob("products.reconcile")
        #expect(try await bench.scan(1)["is_complete"] == true, "the old vectors are all there")
        try await bench.upsert("sku-4", picture: 4)
        try await bench.runJobs(["products.embed"])
        let during = try await bench.scan(4)
        #expect(during["model"]?["id"] == "pictures" && bench.found(during).first != "sku-4")
        #expect(during["is_complete"] == false && during["pending"] != 0)
        try await bench.runJobs()
        let after = try await bench.scan(4)
        #expect(bench.found(after).first == "sku-4" && after["is_complete"] == true && after["pending"] == 0)
    }

    @Test func aChangeThatWaitsIsFoundAtOnce() async throws {
        let bench = try await ProductBench()
        try await bench.upsert("sku-1", picture: 1)
        try await bench.withEvents {
            // Nothing changes, and what was changed before is waited for.
            let input: JSONValue = ["external_id": "sku-1", "wait": true]
            async let waited = bench.answer("products.upsert", input)
            try await bench.runJobs()
            let answer = try await waited
            #expect(!answer.isUnfinished && answer.value["status"] == "completed")
            #expect(answer.value["product"]?["is_embedded"] == true)
        }
        let late = try await bench.answer(
            "products.images.add", ["product": "sku-1", "wait": true], attachment: ProductBench.picture(2),
            within: .zero)
        #expect(late.isUnfinished && late.value["status"] == "pending")
        #expect(late.value["product"]?["is_embedded"] == false)
    }

    @Test func anImportThatWaitsEndsWithItsVectors() async throws {
        let bench = try await ProductBench()
        let file =
            Data(#"{"external_id":"a","title":"tea"}"#.utf8) + Data("\n".utf8)
            + Data(#"{"external_id":"b","title":"cup"}"#.utf8)
        let late = try await bench.answer("products.import", ["wait": true], attachment: file, within: .zero)
        #expect(late.isUnfinished && late.value["state"] == "running" && late.value["accepted"] == 0)
        try await bench.withEvents {
            let input: JSONValue = ["import_id": late.value["import_id"] ?? .null]
            try await bench.runJobs(["products.imports.run"])
            #expect(try await bench.call("products.imports.get", input)["pending"] == 2)
            async let waited = bench.answer("products.import", ["wait": true], attachment: file)
            while try await bench.jobs("products.imports.run").count < 2 { await Task.yield() }
            try await bench.runJobs()
            let answer = try await waited
            #expect(!answer.isUnfinished && answer.value["state"] == "completed")
            #expect(answer.value["accepted"] == 2 && answer.value["pending"] == 0)
        }
        #expect(bench.found(try await bench.call("products.search", ["text": "cup"])).first == "b")
    }
}

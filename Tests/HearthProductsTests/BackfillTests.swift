import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthTesting
import Testing

@testable import HearthProducts

@Suite(.timeLimit(.minutes(3))) struct BackfillTests {
    private static let later = ModelStatus.ready("later", .imageEmbedding, dims: 10)

    private func bench(products: Int) async throws -> ProductBench {
        let bench = try await ProductBench()
        for number in 0..<products {
            try await bench.upsert("sku-\(number)", picture: number, ["title": .string("Product \(number)")])
        }
        return bench
    }

    /// As if the jobs had been lost.
    private func loseJobs(_ bench: ProductBench) async throws { try await bench.store.run("DELETE FROM jobs") }

    @Test func whatIsMissingIsCounted() async throws {
        let bench = try await bench(products: 3)
        try await loseJobs(bench)
        let reply = try await bench.call("products.backfill_status", [:])
        #expect(reply["missing"] == 3 && reply["stale"] == 0)
        #expect(try await bench.call("products.backfill_status", ["template": "mine"])["missing"] == 0)
        #expect(try await bench.count("jobs") == 0)
    }

    @Test func aDryRunCountsAndEmbedsNothing() async throws {
        let bench = try await bench(products: 3)
        try await loseJobs(bench)
        let result = try await bench.runJob("products.backfill", ["dry_run": true])
        #expect(result?["missing"] == 3 && result?["stale"] == 0)
        #expect(bench.asked.withLock { $0.isEmpty })
    }

    @Test func aBackfillIsSubmittedByItsTypedInput() async throws {
        let bench = try await bench(products: 1)
        try await loseJobs(bench)
        let ticket = try await bench.call("products.backfill", ["template": "default", "rate": 20])
        let job = try #require(try await bench.jobs("products.backfill").first)
        #expect(ticket["job_id"] == .string(job.jobID))
        #expect(ticket["status"] == "pending" && ticket["is_new"] == true)
        #expect(ticket["websocket_url"] == .string("/ws/\(job.jobID)"))
        let again = try await bench.call("products.backfill.run", ["template": "default"])
        #expect(again["job_id"] == .string(job.jobID), "one for each template, by the name of before as well")
        #expect(again["is_new"] == false)
        let other = try await bench.call("products.backfill", [:])
        #expect(other["is_new"] == true)
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.backfill", ["rate": 0])
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func whatIsMissingIsEmbeddedInBatches() async throws {
        let bench = try await bench(products: 70)
        try await loseJobs(bench)
        #expect(try await bench.call("products.backfill_status", [:])["missing"] == 70)
        try await bench.call("products.backfill", [:])
        try await bench.runJobs()
        #expect(try await bench.call("products.backfill_status", [:])["missing"] == 0)
        #expect(bench.asked.withLock { $0.count } == 140, "each picture and each text once")
        #expect(bench.found(try await bench.scan(42)).first == "sku-42")
    }

    @Test func aTemplateIsEmbeddedAlone() async throws {
        let bench = try await bench(products: 2)
        try await bench.upsert("mine", picture: 9, ["template": "mine"])
        try await loseJobs(bench)
        try await bench.call("products.backfill", ["template": "mine"])
        try await bench.runJobs()
        #expect(try await bench.call("products.get", ["product": "mine"])["is_embedded"] == true)
        #expect(try await bench.call("products.get", ["product": "sku-1"])["is_embedded"] == false)
    }

    @Test func whatIsDoneIsNotDoneAgainAfterAStop() async throws {
        let bench = try await bench(products: 40)
        try await loseJobs(bench)
        let models = try await bench.adoptModels()
        let some = try await bench.store.read { db in
            try ProductTable().subjectsToEmbed(of: .local, template: nil, after: "", limit: 25, in: db)
        }
        let embedded = try await bench.products.embed(some, by: models, tenant: .local, timeout: .seconds(5))
        try await bench.store.write { [products = bench.products] db in
            for product in embedded { _ = try products.record(product, by: models, tenant: .local, in: db) }
        }
        let asked = bench.asked.withLock { $0.count }
        _ = try await bench.runJob("products.backfill")
        #expect(bench.asked.withLock { $0.count } - asked == 30, "fifteen products are left, with two parts each")
    }

    @Test func theReconcilerLeavesTheYoungToTheirJobs() async throws {
        let bench = try await bench(products: 3)
        #expect(try await bench.runJob("products.reconcile")?["enqueued"] == 0)
        try await loseJobs(bench)
        bench.clock.advance(by: Limits.embeddingGrace)
        #expect(try await bench.runJob("products.reconcile")?["enqueued"] == 1)
        try await bench.runJobs()
        #expect(try await bench.call("products.backfill_status", [:])["missing"] == 0)
    }

    @Test func theOldModelServesUntilTheNewSetIsComplete() async throws {
        let bench = try await bench(products: 5)
        try await bench.runJobs()
        bench.models.withLock { $0 = [Self.later, ProductBench.textsModel, ProductBench.picturesModel] }
        #expect(try await bench.call("products.backfill_status", [:])["stale"] == 5)
        #expect(try await bench.runJob("products.reconcile")?["enqueued"] == 1)
        let during = try await bench.scan(3)
        #expect(during["model"]?["id"] == "pictures" && during["is_complete"] == true)
        #expect(bench.found(during).first == "sku-3")
        // Half of the new set.
        let models = try await bench.adoptModels()
        let some = try await bench.store.read { db in
            try ProductTable().subjectsToEmbed(of: .local, template: nil, after: "", limit: 2, in: db)
        }
        let embedded = try await bench.products.embed(some, by: models, tenant: .local, timeout: .seconds(5))
        try await bench.store.write { [products = bench.products] db in
            for product in embedded { _ = try products.record(product, by: models, tenant: .local, in: db) }
        }
        #expect(try await bench.scan(3)["model"]?["id"] == "pictures")
        #expect(try await bench.scan(3)["compared"] == 5)
        try await bench.runJobs()
        let after = try await bench.scan(3)
        #expect(after["model"]?["id"] == "later" && after["is_complete"] == true)
        #expect(bench.found(after).first == "sku-3")
        try await bench.finishDeletions()
        #expect(try await bench.count("collections") == 2, "the old pictures' vectors are gone, the texts' stay")
        #expect(bench.found(try await bench.call("products.search", ["text": "product 2"])).first == "sku-2")
    }

    @Test func withoutTheOldModelTheNewOneAnswersWithWhatItHas() async throws {
        let bench = try await bench(products: 4)
        try await bench.runJobs()
        bench.models.withLock { $0 = [Self.later, ProductBench.textsModel] }
        let reply = try await bench.scan(3)
        #expect(reply["model"]?["id"] == "later" && reply["is_complete"] == false)
        #expect(bench.found(reply).isEmpty)
        _ = try await bench.runJob("products.reconcile")
        try await bench.runJobs()
        let after = try await bench.scan(3)
        #expect(bench.found(after).first == "sku-3" && after["is_complete"] == true)
    }

    @Test func aModelThatComesBackServesAtOnce() async throws {
        let bench = try await bench(products: 3)
        try await bench.runJobs()
        let before = bench.models.withLock { $0 }
        bench.models.withLock { $0 = [Self.later, ProductBench.textsModel] }
        _ = try await bench.runJob("products.reconcile")
        bench.models.withLock { $0 = before }
        _ = try await bench.runJob("products.reconcile")
        try await bench.runJobs()
        let reply = try await bench.scan(1)
        #expect(reply["model"]?["id"] == "pictures" && reply["is_complete"] == true)
        #expect(bench.found(reply).first == "sku-1" && reply["compared"] == 3)
    }

    @Test func aPictureThatCannotBeEmbeddedStopsNothingElse() async throws {
        let bench = try await bench(products: 3)
        let image = try await bench.call("products.get", ["product": "sku-1"])["images"]?[0]?["path"]?.stringValue
        try await bench.blobs.remove(try #require(image))
        try await bench.runJobs()
        let product = try await bench.call("products.get", ["product": "sku-1"])
        #expect(product["is_embedded"] == true && product["embedding_failure"] != nil)
        #expect(bench.found(try await bench.call("products.search", ["text": "product 1"])).first == "sku-1")
        #expect(bench.found(try await bench.scan(2)).first == "sku-2")
    }
}

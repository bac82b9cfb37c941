import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthProducts

/// An attempt that goes on after its job was given to another one, as that of a worker does whose front was killed: it
/// writes nothing, and hinders nobody. Every job is here that writes before its end; imports have their test in
/// ``ImportEndTests``.
@Suite(.timeLimit(.minutes(3))) struct LateAttemptTests {
    private static let later = ModelStatus.ready("later", .imageEmbedding, dims: 10)
    private let bench: ProductBench

    init() async throws { bench = try await ProductBench() }

    /// - Parameter isEmbedded: whether the products have their vectors.
    private func addProducts(_ count: Int, isEmbedded: Bool) async throws {
        for number in 0..<count {
            try await bench.upsert("sku-\(number)", picture: number, ["title": .string("Product \(number)")])
        }
        if isEmbedded { try await bench.runJobs() }
        try await bench.store.run("DELETE FROM jobs")
    }

    /// Two attempts of a job: one that is too late, and the one that holds the job now.
    private func attempts(
        _ kind: String, _ plan: JobPlan, input: JSONValue = [:]
    ) async throws -> (late: JobLease, rightful: JobLease) {
        _ = try await bench.queue.enqueue(JobRequest(tenant: .local, kind: kind, plan: plan, input: input))
        let late = try #require(try await bench.lease(kind, by: "orphan", lane: plan.lane).first)
        // As a start does.
        #expect(try await bench.queue.releaseAllWorkers() == 1)
        let rightful = try #require(try await bench.lease(kind, by: "next", lane: plan.lane).first)
        return (late, rightful)
    }

    private func status() async throws -> JSONValue { try await bench.call("products.backfill_status", [:]) }

    /// The key of the models that products are to be embedded by.
    private func target() async throws -> String? {
        try await bench.store.read { db in try ProductTable().models(of: .local, in: db)?.target?.key }
    }

    private func state(_ lease: JobLease) async throws -> JobState? {
        try await bench.jobs(lease.kind).first { $0.jobID == lease.jobID }?.status
    }

    @Test func aBackfillOfMissingVectors() async throws {
        try await addProducts(40, isEmbedded: false)
        let (late, rightful) = try await attempts("products.backfill", Products.backfill.plan)
        await #expect(throws: JobLease.Lost.self) { try await bench.run(late) }
        #expect(try await status()["missing"] == 40)
        #expect(try await bench.count("embeddings") == 0)
        #expect(try await state(late) == .inProgress, "the other one goes on")
        try await bench.run(rightful)
        #expect(try await status()["missing"] == 0)
        #expect(try await state(rightful) == .completed)
    }

    @Test(arguments: ["products.backfill", "products.reconcile", "products.embed"])
    func aChangeOfModels(kind: String) async throws {
        try await addProducts(3, isEmbedded: true)
        let before = try await target()
        let id = try #require(try await bench.call("products.get", ["product": "sku-1"])["product_id"])
        bench.models.withLock { $0 = [Self.later, ProductBench.textsModel, ProductBench.picturesModel] }
        let plans = [
            "products.backfill": Products.backfill.plan, "products.reconcile": Products.reconciliation.plan,
            "products.embed": Products.embedding.plan,
        ]
        let (late, rightful) = try await attempts(
            kind, try #require(plans[kind]), input: kind == "products.embed" ? ["product_id": id] : [:])
        await #expect(throws: JobLease.Lost.self) { try await bench.run(late) }
        #expect(try await target() == before, "the old models are still those that count")
        #expect(try await status()["missing"] == 0)
        #expect(bench.found(try await bench.scan(1)).first == "sku-1")
        try await bench.run(rightful)
        #expect(try await state(rightful) == .completed)
        #expect(try await target() != before)
        try await bench.runJobs()
    }

    @Test func aReconciliationOfLostWork() async throws {
        try await addProducts(3, isEmbedded: false)
        bench.clock.advance(by: Limits.embeddingGrace)
        let (late, rightful) = try await attempts("products.reconcile", Products.reconciliation.plan)
        await #expect(throws: JobLease.Lost.self) { try await bench.run(late) }
        #expect(try await bench.jobs("products.backfill").isEmpty)
        try await bench.run(rightful)
        #expect(try await bench.jobs("products.backfill").count == 1)
    }

    @Test func theEmbeddingOfAProduct() async throws {
        try await addProducts(1, isEmbedded: false)
        let id = try #require(try await bench.call("products.get", ["product": "sku-0"])["product_id"])
        let (late, rightful) = try await attempts(
            "products.embed", Products.embedding.plan, input: ["product_id": id])
        // It begins with the models that products are embedded by from now on, and may not settle them.
        await #expect(throws: JobLease.Lost.self) { try await bench.run(late) }
        #expect(try await bench.count("embeddings") == 0)
        #expect(try await state(late) == .inProgress)
        try await bench.run(rightful)
        #expect(try await bench.call("products.get", ["product": "sku-0"])["is_embedded"] == true)
    }
}

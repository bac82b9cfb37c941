import Foundation
import HearthCommand
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthVectorStore

/// A catalogue of invented products: made by an import, their vectors written straight into their collection.
final class BenchProducts {
    private let folder = BenchServer.freshFolder()
    private let models: String
    private let model: ModelStatus

    /// - Parameter model: Id of the model that looks at pictures; the only one of the folder that is loaded.
    init(models: String, model: String) async throws {
        let all = URL(fileURLWithPath: models).standardizedFileURL.path
        self.models = "\(BenchServer.freshFolder())/models"
        try FileManager.default.createDirectory(atPath: self.models, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(self.models)/\(model)", withDestinationPath: "\(all)/\(model)")
        let server = BenchServer(data: folder, hasWorker: true, models: self.models, anchorModel: model)
        defer { server.stop() }
        try await server.start()
        guard let status = try await server.waitUntilReady().models.first(where: { $0.id == model }) else {
            throw HearthError(.notFound, "There is no model \(model).")
        }
        self.model = status
    }

    /// A server of this catalogue.
    func server() -> BenchServer {
        BenchServer(data: folder, hasWorker: true, models: models, anchorModel: model.id)
    }

    /// Makes products, and a vector for each.
    func fill(_ count: Int) async throws {
        let server = server()
        try await server.start()
        do {
            _ = try await server.waitUntilReady()
            try await importProducts(count, to: APIClient(base: "http://127.0.0.1:\(server.port)", apiKey: nil))
        } catch {
            server.stop()
            throw error
        }
        server.stop()
        guard let identity = model.identity else { throw HearthError(.modelNotReady, "The model gives no vectors.") }
        let store: any Store = try await BenchQueue(DataFolder(folder)).store
        let products = try await store.read { db in
            try db.values("SELECT id FROM products", as: String.self)
        }
        let space = VectorSpace(tenant: .local, scope: "products/image", model: identity)
        let now = SystemClock().now()
        for start in stride(from: 0, to: products.count, by: 2_000) {
            let some = Array(products[start..<min(start + 2_000, products.count)])
            try await store.write { db in
                for product in some {
                    try CollectionTable().upsert(
                        item: Identifier.make(), owner: product, vector: Self.direction(identity.dims), space: space,
                        precision: identity.precision, in: db, now: now)
                }
            }
        }
    }

    private func importProducts(_ count: Int, to client: APIClient) async throws {
        let lines = (0..<count).map { "{\"external_id\":\"sku-\($0)\"}\n" }.joined()
        let begun = try await client.send(
            .post, "/products/import", query: ["format": "jsonl"], body: .picture(Data(lines.utf8)))
        let job = begun["job_id"]?.stringValue ?? ""
        let end = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < end {
            let left = try await client.send(.get, "/products/backfill")
            let state = try await client.send(.get, "/jobs/\(job)")["status"]?.stringValue
            if state == JobState.completed.rawValue, left["missing"]?.integerValue == 0 { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw HearthError(.deadlineExceeded, "The products were not made in time.")
    }

    /// Searches in this process, without a server: milliseconds of each.
    func searches(_ count: Int) async throws -> BenchSamples {
        guard let identity = model.identity else { return BenchSamples([]) }
        let collections = VectorCollections(store: try await BenchQueue(DataFolder(folder)).store)
        var times: [Double] = []
        for place in 0...count {
            let query = Self.direction(identity.dims)
            let start = ContinuousClock.now
            _ = try await collections.search(
                query, model: identity, tenant: .local, scope: "products/image", k: 5)
            // The first one loads the collection.
            if place > 0 { times.append((ContinuousClock.now - start).fractionalMilliseconds) }
        }
        return BenchSamples(times)
    }

    private static func direction(_ dims: Int) -> [Float] {
        let vector = (0..<dims).map { _ in Float.random(in: -1...1) }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / length }
    }
}

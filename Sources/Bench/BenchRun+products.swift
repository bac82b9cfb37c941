import Foundation
import HearthCore

/// Quick scans in a large catalogue: what the way to an answer costs beside decoding, inference and search alone.
extension BenchRun {
    private static let products = 100_000

    func quickScan() async throws {
        guard let models else { return show(BenchFigure(name: "quick scan", value: "skipped: no --models")) }
        let path = try picture ?? BenchWorker.largestSample()
        let catalogue = try await BenchProducts(models: models, model: BenchWorker.mobilenet)
        try await catalogue.fill(Self.products)
        let search = try await catalogue.searches(200)
        let picture = try BenchPictures(path: path)
        let request = BenchRequest(raw: picture.files[0], path: "/products/orchestrate/quick-scan", numbersName: false)
        let worker = try await BenchWorker(models: models)
        let bare = try worker.bareCall(of: BenchWorker.mobilenet, input: path, seconds: seconds / 2)
        let (scans, again) = try await with(catalogue.server()) { server in
            _ = try await server.waitUntilReady()
            // The first one loads the collection.
            _ = try Self.scans(1, request, server, isUnique: true)
            let scans = try Self.scans(Int(seconds * 40), request, server, isUnique: true)
            return (scans, try Self.scans(200, request, server, isUnique: false))
        }
        let alone = bare.both + search.p50
        let size = try ImageProbe.inspect(Data(contentsOf: URL(fileURLWithPath: path)))
        let name = "quick scan, \(size.width) x \(size.height), \(Self.products / 1_000) k products"
        show(.atMost(1.3, scans.p50 / alone, "×", "\(name): p50 ÷ decoding + inference + search"))
        show(BenchFigure(name: "  one caller, kept", value: scans.text))
        let parts = [bare.both, search.p50].map { "\(BenchFigure.number($0)) ms" }
        show(BenchFigure(name: "  decoding with inference, search", value: parts.joined(separator: " + ")))
        show(BenchFigure(name: "  the same bytes again", value: again.text))
    }

    private static func scans(
        _ count: Int, _ template: BenchRequest, _ server: BenchServer, isUnique: Bool
    ) throws -> BenchSamples {
        let connection = try BenchConnection(.port(server.port))
        var request = template
        request.setNumber(BenchLoad.nextNumber())
        var times: [Double] = []
        for _ in 0..<count {
            if isUnique { request.setNumber(BenchLoad.nextNumber()) }
            let start = ContinuousClock.now
            guard try connection.send(request.bytes).status == 200 else {
                throw HearthError(.internalError, "A scan was refused.")
            }
            times.append((ContinuousClock.now - start).fractionalMilliseconds)
        }
        return BenchSamples(times)
    }
}

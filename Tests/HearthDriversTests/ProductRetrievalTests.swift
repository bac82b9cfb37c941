import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthModelRuntime
import HearthTesting
import HearthVips
import Testing

@testable import HearthOpenVINO

/// How well a real model tells look-alike products apart.
@Suite struct ProductRetrievalTests {
    private static let photos = "data/products"
    private static let missing = Comment(rawValue: SharedData.reason(photos))

    @Test(.enabled(if: SharedData.has(photos), missing)) func photosFindTheirProducts() throws {
        let library = ModelLibrary(
            scanning: .init(
                roots: [SharedData.url("models").path],
                descriptors: [TestFolders.models.appendingPathComponent("descriptors").path]))
        let folder = try #require(library.folder("mobilenet-v1-imgemb"))
        let model = try LoneModel(
            folder, runtime: OpenVINORuntime(), codec: VipsCodec(), configuration: ModelHostConfiguration())
        var (views, shop): ([RetrievalEvaluation.View], [RetrievalEvaluation.View]) = ([], [])
        let root = SharedData.url(Self.photos)
        for product in try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root.path)/\(product)")) ?? []
            for file in files.sorted() where file.hasSuffix(".jpg") {
                let bytes = try Data(contentsOf: root.appendingPathComponent("\(product)/\(file)"))
                let vector = try model.run(try model.prepare(.image(bytes)))
                let view = RetrievalEvaluation.View(owner: product, vector: vector)
                if file == "iconic.jpg" { shop.append(view) } else { views.append(view) }
            }
        }
        let result = RetrievalEvaluation().evaluate(views: views, shop: shop)
        #expect(result.owners == 14 && result.pictures == 84)
        #expect(result.top1 ?? 0 >= 0.78, "\(result)")
        #expect(result.top5 ?? 0 >= 0.95, "\(result)")
        // On processors without exact sums of 8-bit products the quantised graph runs in float32.
        #expect(result.viewToShop ?? 0 >= (IntegerArithmetic.isExact ? 0.61 : 0.6), "\(result)")
    }
}

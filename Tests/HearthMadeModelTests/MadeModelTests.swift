import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthModelRuntime
import HearthOpenVINO
import HearthTesting
import HearthVips
import Testing

/// The models that `make models` has made, where it has: their goldens, and whether they understand what they should.
@Suite(.serialized, .timeLimit(.minutes(10))) struct MadeModelTests {
    private static let folder = TestFolders.package.appendingPathComponent(".deps/models")
    private static let library = ModelLibrary(
        scanning: .init(
            roots: FileManager.default.fileExists(atPath: folder.path) ? [folder.path] : []))
    private static let ids = library.entries.map(\.id)
    private static let missing: Comment = "`make models` has made no models: nothing to test with."
    private static let products = "data/products"
    private static let noProducts = Comment(rawValue: SharedData.reason(products))
    private static let isComplete = ["multilingual-e5-small", "efficientnet-lite-scatter"].allSatisfy(ids.contains)

    private func model(_ folder: ModelFolder, precision: ModelHostConfiguration.Precision) throws -> LoneModel {
        var configuration = ModelHostConfiguration()
        configuration.precision = precision
        return try LoneModel(folder, runtime: OpenVINORuntime(), codec: VipsCodec(), configuration: configuration)
    }

    private struct Golden: Decodable {
        let text: String?
        let role: TextRole?
        let image: String?
        let vector: [Float]
    }

    @Test(.enabled(if: !ids.isEmpty, missing), arguments: ids)
    func theGoldensAreMetInBothPrecisions(id: String) throws {
        let folder = try #require(Self.library.folder(id), "its files are as model.json says")
        let name = try #require(folder.manifest.goldens)
        let lines = try String(contentsOfFile: folder.path(of: name), encoding: .utf8).split(separator: "\n")
        try #require(lines.count >= 3)
        for (precision, floor) in [(ModelHostConfiguration.Precision.f32, 0.9999), (.auto, 0.999)] {
            let model = try model(folder, precision: precision)
            for line in lines {
                let golden = try JSONDecoder().decode(Golden.self, from: Data(line.utf8))
                let input: EmbeddingInput =
                    if let text = golden.text {
                        .text(text, role: golden.role)
                    } else {
                        .image(try Data(contentsOf: URL(fileURLWithPath: folder.path(of: golden.image ?? ""))))
                    }
                let similarity = cosine(try model.run(try model.prepare(input)), golden.vector)
                #expect(similarity >= floor, "\(precision), \(golden.text ?? golden.image ?? ""): \(similarity)")
            }
        }
    }

    @Test(.enabled(if: !ids.isEmpty, missing), arguments: ids)
    func eachBringsItsLicenceAndItsNotice(id: String) throws {
        let path = Self.folder.appendingPathComponent(id).path
        #expect(LicenceFiles.names(in: path).contains("LICENSE"))
        let notice = try #require(LicenceFiles.notice(in: path))
        for word in ["Model: ", "Package: ", "Changed here: "] { #expect(notice.contains(word), "\(word)") }
        let licence = try #require(Self.library.folder(id)?.manifest.licence)
        #expect(notice.contains(licence), "the notice names the licence that model.json gives")
    }

    @Test(.enabled(if: isComplete, missing))
    func aQuestionFindsItsAnswerInAnotherLanguage() throws {
        let folder = try #require(Self.library.folder("multilingual-e5-small"))
        let model = try model(folder, precision: .auto)
        let answers = [
            "The invoice for the studio is due on Friday.", "A loose chain makes the bicycle skip a gear.",
            "The train to the coast leaves at seven from platform two.",
        ]
        let found = try answers.map { try model.run(try model.prepare(.text($0, role: .document))) }
        for (question, place) in [
            ("Wann muss ich die Rechnung bezahlen?", 0), ("我的自行车为什么有噪音?", 1), ("¿Cómo llego a la playa?", 2),
        ] {
            let asked = try model.run(try model.prepare(.text(question, role: .query)))
            let best = found.indices.max { cosine(asked, found[$0]) < cosine(asked, found[$1]) }
            #expect(best == place, "\(question)")
        }
    }

    @Test(.enabled(if: isComplete, missing))
    func thePrefixesChangeTheVectors() throws {
        let folder = try #require(Self.library.folder("multilingual-e5-small"))
        let model = try model(folder, precision: .f32)
        func vector(_ text: String, _ role: TextRole?) throws -> [Float] {
            try model.run(try model.prepare(.text(text, role: role)))
        }
        #expect(try cosine(vector("a red lantern", .query), vector("query: a red lantern", nil)) > 0.999999)
        #expect(try cosine(vector("a red lantern", .document), vector("passage: a red lantern", nil)) > 0.999999)
        #expect(try cosine(vector("a red lantern", .query), vector("a red lantern", nil)) < 0.999)
    }

    /// What shelf photos of look-alike cartons find among the shop pictures; the figures of docs/models/pypi.md.
    @Test(.enabled(if: isComplete, missing), .enabled(if: SharedData.has(products), noProducts))
    func photosFindTheirShopPictureMoreOftenThanByScatter() throws {
        let products = SharedData.url(Self.products)
        let names = try FileManager.default.contentsOfDirectory(atPath: products.path).sorted()
            .filter { FileManager.default.fileExists(atPath: products.appendingPathComponent("\($0)/iconic.jpg").path) }
        #expect(names.count == 14)
        func share(_ folder: ModelFolder) throws -> Double {
            let model = try model(folder, precision: .auto)
            func vector(_ name: String) throws -> [Float] {
                let picture = try Data(contentsOf: products.appendingPathComponent(name))
                return try model.run(try model.prepare(.image(picture)))
            }
            let shop = try names.map { try vector("\($0)/iconic.jpg") }
            var right = 0
            for (place, name) in names.enumerated() {
                for view in 1...6 {
                    let photo = try vector("\(name)/view\(view).jpg")
                    let best = shop.indices.max { cosine(photo, shop[$0]) < cosine(photo, shop[$1]) }
                    if best == place { right += 1 }
                }
            }
            return Double(right) / Double(6 * names.count)
        }
        let scatter = try share(
            try #require(ModelLibrary(scanning: .init(roots: [TestFolders.models.path])).folder("scatter")))
        let joined = try share(try #require(Self.library.folder("efficientnet-lite-scatter")))
        #expect((0.40...0.50).contains(scatter), "\(scatter)")
        #expect((0.58...0.68).contains(joined), "\(joined)")
    }
}

import Foundation
import HearthCore
import HearthModelLibrary
import HearthModelRuntime
import HearthTesting
import HearthVips
import Testing

@testable import HearthOpenVINO

/// Whole pipelines, from the file to the vector, against vectors that reference implementations made.
@Suite struct GoldenVectorTests {
    private static let pictures = "data/image-goldens"

    /// Vectors of the files by one model of a library.
    private func vectors(
        of files: [URL], by model: ModelFolder, precision: String
    ) throws -> [[Float]] {
        let session = try OpenVINORuntime().load(
            ModelLoadRequest(
                path: model.path(of: model.manifest.weights), precision: precision, cacheFolder: nil,
                threads: nil))
        let codec = try VipsCodec()
        let preprocessing = try #require(model.manifest.image)
        return try files.map { file in
            let picture = try codec.decode(Data(contentsOf: file), for: preprocessing)
            let input = Tensor(shape: [1] + picture.shape, values: picture.values)
            return try session.run([input], outputs: [0])[0].values
        }
    }

    /// The precisions that a model may run in on this machine, and how near to its goldens each has to stay.
    private func precisions(of model: ModelFolder) throws -> [(String, Double)] {
        let allowed = try model.manifest.precision ?? OpenVINORuntime().preferredPrecision
        return allowed == "bf16" ? [("f32", 0.9999), ("bf16", 0.999)] : [("f32", 0.9999)]
    }

    @Test func scatterGivesItsGoldenVectors() throws {
        let file = TestFolders.goldens.appendingPathComponent("scatter.json")
        let goldens = try JSONDecoder().decode([String: [Float]].self, from: Data(contentsOf: file))
        try #require(!goldens.isEmpty)
        let library = ModelLibrary(scanning: .init(roots: [TestFolders.models.path]))
        let model = try #require(library.folder("scatter"))
        let names = goldens.keys.sorted()
        let files = names.map { TestFolders.goldens.appendingPathComponent("scatter/\($0)") }
        for (precision, floor) in try precisions(of: model) {
            for (name, vector) in zip(names, try vectors(of: files, by: model, precision: precision)) {
                let similarity = cosine(vector, goldens[name] ?? [])
                #expect(similarity >= floor, "\(name) in \(precision): \(similarity)")
            }
        }
    }

    @Test(
        .enabled(if: SharedData.has(pictures), Comment(rawValue: SharedData.reason(pictures))),
        arguments: ["mobilenet-v1-imgemb", "mobilenet-v2-imgemb"])
    func describedModelsGiveTheirGoldenVectors(id: String) throws {
        let library = ModelLibrary(
            scanning: .init(
                roots: [SharedData.url("models").path],
                descriptors: [TestFolders.models.appendingPathComponent("descriptors").path]))
        let model = try #require(library.folder(id))
        let folder = SharedData.url(Self.pictures)
        let bytes = try Data(contentsOf: folder.appendingPathComponent("goldens.json"))
        let goldens = try #require(try JSONSerialization.jsonObject(with: bytes) as? [[String: Any]])
        let files = try goldens.map { folder.appendingPathComponent(try #require($0["file"] as? String)) }
        for (precision, floor) in try precisions(of: model) {
            let vectors = try vectors(of: files, by: model, precision: precision)
            // The goldens were made with exact sums of 8-bit products; elsewhere these graphs run in float32.
            let floor = IntegerArithmetic.isExact ? floor : 0.99
            for ((golden, file), vector) in zip(zip(goldens, files), vectors) {
                let expected = try #require(golden[id] as? [NSNumber]).map(\.floatValue)
                let similarity = cosine(vector, expected)
                #expect(similarity >= floor, "\(file.lastPathComponent) in \(precision): \(similarity)")
            }
        }
    }
}

import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthModelRuntime
import HearthOpenVINO
import HearthTesting
import HearthVips
import Logging
import Testing

/// Real models through the whole of a worker's machinery: tokeniser, queue, passes, pooling.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ServedModelTests {
    private static let minilm = "all-minilm-l6-v2"
    private static let models = "models/all-minilm-l6-v2"
    private static let texts = "data/text"
    private static let hasModels = SharedData.has(models) && SharedData.has(texts)
    private static let missing = Comment(rawValue: SharedData.reason("\(models) or \(texts)"))

    /// A host over models of the shared folder, run for as long as the body lasts.
    private func withHost(
        _ ids: Set<String>?, precision: String = "f32", _ body: (ModelHost) async throws -> Void
    ) async throws {
        let library = ModelLibrary(
            scanning: .init(
                roots: [SharedData.url("models").path],
                descriptors: [TestFolders.models.appendingPathComponent("descriptors").path],
                allowsNonCommercial: true))
        var configuration = ModelHostConfiguration()
        configuration.precision = try #require(ModelHostConfiguration.Precision(rawValue: precision))
        let host = ModelHost(
            library: ModelLibrary(entries: library.entries.filter { ids?.contains($0.id) ?? true }),
            runtime: try OpenVINORuntime(), codec: try VipsCodec(), configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            defer { group.cancelAll() }
            try await body(host)
        }
    }

    private func vector(_ text: String, by host: ModelHost) async throws -> [Float] {
        let request = InferenceRequest(
            model: Self.minilm, input: .text(text, role: nil), deadline: .now + .seconds(120))
        return try await host.embed(request).vector
    }

    private func lines<Line: Decodable>(_ path: String, of type: Line.Type) throws -> [Line] {
        let file = try String(contentsOf: SharedData.url(path), encoding: .utf8)
        return try file.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    /// The precisions that this machine computes with, and how near to the goldens each has to stay.
    private static let precisions: [(String, Double)] = {
        let preferred = (try? OpenVINORuntime().preferredPrecision) ?? "f32"
        return preferred == "bf16" ? [("f32", 0.9999), ("bf16", 0.999)] : [("f32", 0.9999)]
    }()

    private struct Golden: Decodable {
        let text: String
        let tokens: Int
        let embedding: [Float]
    }

    @Test(.enabled(if: hasModels, missing), arguments: precisions)
    func textsGiveTheirGoldenVectors(precision: String, floor: Double) async throws {
        let goldens = try lines("data/text/embedding-goldens.jsonl", of: Golden.self)
        try #require(!goldens.isEmpty)
        try await withHost([Self.minilm], precision: precision) { host in
            for golden in goldens {
                let request = InferenceRequest(
                    model: Self.minilm, input: .text(golden.text, role: nil), deadline: .now + .seconds(120))
                let result = try await host.embed(request)
                let similarity = cosine(result.vector, golden.embedding)
                #expect(similarity >= floor, "\(golden.text.prefix(60)): \(similarity)")
                #expect(result.tokens == min(golden.tokens, 256), "\(golden.text.prefix(60))")
                #expect(abs(cosine(result.vector, result.vector) - 1) < 1e-6)
            }
        }
    }

    private struct Triple: Decodable {
        let anchor: String
        let positive: String
        let negative: String
    }

    @Test(.enabled(if: hasModels, missing), arguments: precisions)
    func whatMeansTheSameIsNearer(precision: String, floor: Double) async throws {
        let triples = try lines("data/text/triples.jsonl", of: Triple.self)
        try #require(triples.count == 20)
        try await withHost([Self.minilm], precision: precision) { host in
            let positives = try await concurrentMap(triples) { try await vector($0.positive, by: host) }
            var (nearer, own) = (0, 0)
            for (place, triple) in triples.enumerated() {
                let anchor = try await vector(triple.anchor, by: host)
                let negative = try await vector(triple.negative, by: host)
                if cosine(anchor, positives[place]) > cosine(anchor, negative) { nearer += 1 }
                let nearest = positives.indices.max { cosine(anchor, positives[$0]) < cosine(anchor, positives[$1]) }
                if nearest == place { own += 1 }
            }
            #expect(nearer == 20 && own == 20, "\(nearer) and \(own) of 20")
        }
    }

    @Test(.enabled(if: hasModels, missing), arguments: precisions)
    func companyAndPaddingChangeNoVector(precision: String, floor: Double) async throws {
        // Every length up to 40 words, and some that are cut.
        let words = "the quick brown fox jumps over a lazy dog while seven wizards brew potent ale".split(
            separator: " ")
        let lengths = Array(0...40) + [80, 200, 300]
        let texts = lengths.map { length in
            (0..<length).map { String(words[($0 * 7 + length) % words.count]) }.joined(separator: " ")
        }
        try await withHost([Self.minilm], precision: precision) { host in
            try await host.load(Self.minilm, keepAlive: nil, deadline: .now + .seconds(120))
            var alone: [[Float]] = []
            for text in texts { alone.append(try await vector(text, by: host)) }
            let together = try await concurrentMap(texts + texts + texts) { try await vector($0, by: host) }
            for (place, vector) in together.enumerated() {
                let similarity = cosine(vector, alone[place % texts.count])
                #expect(similarity >= floor, "\(lengths[place % texts.count]) words: \(similarity)")
            }
            let status = try #require(host.models().first)
            #expect(status.passes ?? 0 < status.inferences ?? 0, "some shared a pass")
        }
    }

    @Test(.enabled(if: hasModels, missing), arguments: precisions)
    func everyDescribedFolderIsLoadedAndWarmed(precision: String, floor: Double) async throws {
        try await withHost(nil, precision: precision) { host in
            let ids = host.models().map(\.id).sorted()
            #expect(
                ids == [
                    "all-minilm-l6-v2", "face-detection-retail-0004", "face-reidentification-retail-0095",
                    "landmarks-regression-retail-0009", "mobilenet-v1-imgemb", "mobilenet-v2-imgemb",
                    "ultraface-rfb-320", "yunet-2023mar",
                ])
            for id in ids { try await host.load(id, keepAlive: nil, deadline: .now + .seconds(120)) }
            for status in host.models() {
                #expect(status.state == .ready && status.reason == nil, "\(status.id)")
                #expect(status.signature?.inputs.isEmpty == false && status.loads == 1, "\(status.id)")
            }
        }
    }

    private struct PictureGolden: Decodable {
        let image: String
        let vector: [Float]
    }

    @Test(arguments: precisions)
    func theBuiltInModelGivesTheVectorsThatItBrings(precision: String, floor: Double) throws {
        let library = ModelLibrary(scanning: .init(roots: [TestFolders.models.path]))
        let folder = try #require(library.folder("scatter"))
        var configuration = ModelHostConfiguration()
        configuration.precision = try #require(ModelHostConfiguration.Precision(rawValue: precision))
        let model = try LoneModel(
            folder, runtime: OpenVINORuntime(), codec: VipsCodec(), configuration: configuration)
        let file = try String(contentsOfFile: folder.path(of: try #require(folder.manifest.goldens)), encoding: .utf8)
        let goldens = try file.split(separator: "\n").map {
            try JSONDecoder().decode(PictureGolden.self, from: Data($0.utf8))
        }
        try #require(goldens.count >= 3)
        for golden in goldens {
            let picture = try Data(contentsOf: URL(fileURLWithPath: folder.path(of: golden.image)))
            let similarity = cosine(try model.run(try model.prepare(.image(picture))), golden.vector)
            #expect(similarity >= floor, "\(golden.image): \(similarity)")
        }
    }
}

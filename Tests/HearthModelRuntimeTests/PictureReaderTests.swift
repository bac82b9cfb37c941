import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// Boxes from the outputs of a graph, as a model with geometry reads them: each picture's first value is the score.
private struct BoxReader: PictureReader {
    let outputs = [0]
    let floor: Float

    init(_ manifest: ModelManifest) throws {
        guard let floor = manifest.postprocess?.settings?["floor"]?.doubleValue else {
            throw HearthError(.invalidConfiguration, "`postprocess.settings` lacks \"floor\".")
        }
        self.floor = Float(floor)
    }

    func answers(in tensors: [Tensor], of pictures: [PictureFrame]) throws(HearthError) -> [InferenceAnswer] {
        pictures.enumerated().map { place, picture in
            let value = tensors[0].values[place * tensors[0].values.count / pictures.count]
            // A floor below 0 makes it a broken model, which shows in pictures that are not grey.
            let score = floor < 0 && value > 1 ? .nan : value
            let box = PictureRegion(
                x: 0, y: 0, width: Float(picture.width), height: Float(picture.height), score: score,
                points: [.init(x: 0.5, y: 0.25)])
            return InferenceAnswer(regions: score < floor ? [] : [box])
        }
    }
}

/// How the outputs of graphs for pictures become answers: by what the model's folder says.
@Suite(.timeLimit(.minutes(3))) struct PictureReaderTests {
    /// One pixel.
    private static let png =
        Data(
            base64Encoded:
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
        ?? Data()

    private static let readers = PictureReaders([
        PictureReaders.vector: { try VectorReader($0, signature: $1) },
        "boxes": { manifest, _ in try BoxReader(manifest) },
    ])

    private func withModel(
        _ postprocess: ModelManifest.Postprocess?, _ body: (ModelHost) async throws -> Void
    ) async throws {
        var manifest = ModelFolder.fake("m").manifest
        manifest.postprocess = postprocess
        var configuration = ModelHostConfiguration()
        configuration.readers = Self.readers
        let host = ModelHost(
            library: ModelLibrary(entries: [.usable(ModelFolder(id: "m", path: "/fake/m", manifest: manifest))]),
            runtime: FakeRuntime(), codec: FakeCodec(), configuration: configuration, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            defer { group.cancelAll() }
            try await body(host)
        }
    }

    private func request(_ bytes: Data) -> InferenceRequest {
        InferenceRequest(.embed(.image(bytes)), of: "m", deadline: .now + .seconds(600))
    }

    @Test func aModelWithBoxesAnswersWithRegions() async throws {
        try await withModel(.init(name: "boxes", settings: ["floor": 100])) { host in
            let answer = try await host.answer(request(Self.png))
            // The codec fills the tensor with the file's first byte.
            #expect(
                answer.regions == [
                    PictureRegion(x: 0, y: 0, width: 1, height: 1, score: 137, points: [.init(x: 0.5, y: 0.25)])
                ])
            #expect(answer.vectors.isEmpty && answer.model == nil && answer.timings.batch == 1)
        }
    }

    @Test func settingsOfTheFolderAreHeeded() async throws {
        try await withModel(.init(name: "boxes", settings: ["floor": 138])) { host in
            let answer = try await host.answer(request(Self.png))
            #expect(answer.regions.isEmpty)
        }
    }

    @Test func anAbilityThatTheKindHasNotIsRefused() async throws {
        try await withModel(.init(name: "boxes", settings: ["floor": 100])) { host in
            var request = request(Self.png)
            request.question = .ask(.image(Self.png), for: ModelAbility(rawValue: "find birds"))
            let error = await #expect(throws: HearthError.self) { try await host.answer(request) }
            #expect(error?.code == .invalidRequest && error?.message == "The model m does not find birds.")
        }
    }

    @Test func aRegionWithoutNumbersIsAFaultOfTheModel() async throws {
        try await withModel(.init(name: "boxes", settings: ["floor": -1])) { host in
            #expect(await code { try await host.answer(request(Self.png)) } == .internalError)
        }
    }

    @Test func aModelThatNamesNothingGivesItsVector() async throws {
        try await withModel(nil) { host in
            let answer = try await host.answer(request(Data([3])))
            #expect(answer.vectors.first?.values.count == 4 && answer.model?.id == "m" && answer.regions.isEmpty)
        }
    }

    @Test(
        arguments: [
            (ModelManifest.Postprocess(name: "magic"), "There are: boxes, vector."),
            (ModelManifest.Postprocess(name: "boxes"), "lacks \"floor\""),
        ])
    func aFolderThatDoesNotFitTheRuntimeSaysWhy(postprocess: ModelManifest.Postprocess, reason: String) async throws {
        try await withModel(postprocess) { host in
            await wait(host, for: "m", to: .failed)
            #expect(host.models().first?.reason?.contains(reason) == true)
            #expect(await code { try await host.answer(request(Self.png)) } == .modelNotReady)
        }
    }

    @Test func aPictureIsAsLargeAsPeopleSeeIt() {
        func frame(_ orientation: Int?) -> PictureFrame {
            PictureFrame(ImageHeader(format: .jpeg, width: 3, height: 2, orientation: orientation))
        }
        for orientation in [nil, 1, 2, 3, 4] { #expect(frame(orientation) == PictureFrame(width: 3, height: 2)) }
        for orientation in 5...8 { #expect(frame(orientation) == PictureFrame(width: 2, height: 3)) }
    }

    @Test func everyKindSaysWhatItCanBeAsked() {
        #expect(ModelKind.imageTextEmbedding.modalities == [.image, .text])
        let embedders = ModelKind.allCases.filter { !$0.modalities.isEmpty }
        #expect(embedders.count == 3 && !embedders.contains { !$0.givesVectors })
        #expect(ModelKind(rawValue: "of the future") == nil)
        #expect(Set(ModelKind.allCases.map(\.rawValue)).count == ModelKind.allCases.count)
    }
}

import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// Detector, landmarks and embedder together, over graphs that answer by a script.
@Suite(.timeLimit(.minutes(1))) struct FacePipelineTests {
    /// Graphs by the names of their folders.
    private struct Graphs: ModelRuntime {
        let preferredPrecision = "f32"
        let sessions: [String: ScriptedSession]

        func load(_ request: ModelLoadRequest) throws -> any ModelSession {
            let model = URL(fileURLWithPath: request.path).deletingLastPathComponent().lastPathComponent
            guard let session = sessions[model] else {
                throw HearthError(.invalidConfiguration, "There is no graph of \(model).")
            }
            return session
        }
    }

    /// A picture of 64 x 32 pixels, which a test can watch being decoded.
    private struct CountingCodec: ImageCodec {
        let decodings = Locked(0)

        func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor {
            try FakeCodec().decode(bytes, for: preprocessing)
        }

        func pixels(of bytes: Data, keeping side: Int, limit: Int, while isWanted: () -> Bool) throws -> PixelPicture {
            decodings.withLock { $0 += 1 }
            return try FakeCodec().pixels(of: bytes, keeping: side, limit: limit, while: isWanted)
        }
    }

    private static func folder(
        _ id: String, _ kind: ModelKind, _ change: (inout ModelManifest) -> Void
    ) -> ModelFolder {
        var manifest = ModelFolder.fake(id).manifest
        manifest.kind = kind
        manifest.output = nil
        manifest.precision = "f32"
        change(&manifest)
        return ModelFolder(id: id, path: "/fake/\(id)", manifest: manifest)
    }

    /// Rows as `ssd` reads them: score, left, top, right, bottom of each face.
    private static func detector(_ rows: [[Float]], of passes: Locked<Int> = Locked(0)) -> ScriptedSession {
        ScriptedSession(
            inputs: [TensorPort(name: "in", type: .float32, shape: [1, 3, 16, 16])],
            outputs: [TensorPort(name: "out", type: .float32, shape: [-1, 7])]
        ) { _, _ in
            passes.withLock { $0 += 1 }
            let values: [Float] = rows.flatMap { [0, 1] + $0 }
            return [Tensor(shape: [rows.count, 7], values: values)]
        }
    }

    private static func landmarks(_ points: [Float]) -> ScriptedSession {
        ScriptedSession(
            inputs: [TensorPort(name: "in", type: .float32, shape: [1, 3, 4, 4])],
            outputs: [TensorPort(name: "out", type: .float32, shape: [1, 10])]
        ) { _, _ in [Tensor(shape: [1, 10], values: points)] }
    }

    private static func embedder(of passes: Locked<Int>) -> ScriptedSession {
        ScriptedSession(
            inputs: [TensorPort(name: "in", type: .float32, shape: [1, 3, 8, 8])],
            outputs: [TensorPort(name: "out", type: .float32, shape: [1, 2])]
        ) { _, _ in
            passes.withLock { $0 += 1 }
            return [Tensor(shape: [1, 2], values: [3, 4])]
        }
    }

    private static let straight: [Float] = [0.3, 0.4, 0.7, 0.4, 0.5, 0.6, 0.35, 0.8, 0.65, 0.8]
    private static let oneFace: [[Float]] = [[0.9, 0.25, 0.25, 0.75, 0.75]]

    private func withHost(
        rows: [[Float]] = oneFace, points: [Float] = straight, passes: Locked<Int> = Locked(0),
        embeddings: Locked<Int> = Locked(0), without missing: String? = nil,
        _ body: (ModelHost, CountingCodec) async throws -> Void
    ) async throws {
        let folders = [
            Self.folder("detector", .faceDetection) { manifest in
                manifest.image = ImagePreprocessing(width: 16, height: 16, resize: .stretch, scale: 1)
                manifest.face = .init(score: 0.5, enrolmentScore: 0.9, landmarks: false)
                manifest.postprocess = .init(name: "ssd")
            },
            Self.folder("landmarks", .faceLandmarks) { manifest in
                manifest.image = ImagePreprocessing(width: 4, height: 4, resize: .stretch, scale: 1)
                manifest.postprocess = .init(name: "points")
            },
            Self.folder("embedder", .faceEmbedding) { manifest in
                manifest.image = ImagePreprocessing(width: 8, height: 8, resize: .stretch, scale: 1)
                manifest.output = .init(name: nil, dims: 2, normalise: true)
                manifest.match = .init(
                    threshold: 0.4, rates: [.init(fmr: 0.1, threshold: 0.4, pairs: 100)], measured: "here")
                manifest.face = .init(template: [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
            },
        ]
        let codec = CountingCodec()
        let host = ModelHost(
            library: ModelLibrary(entries: folders.filter { $0.id != missing }.map { .usable($0) }),
            runtime: Graphs(sessions: [
                "detector": Self.detector(rows, of: passes), "landmarks": Self.landmarks(points),
                "embedder": Self.embedder(of: embeddings),
            ]), codec: codec, configuration: ModelHostConfiguration(), logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            defer { group.cancelAll() }
            try await body(host, codec)
        }
    }

    private func options(_ change: (inout FaceOptions) -> Void = { _ in }) -> FaceOptions {
        var options = FaceOptions(tenant: .local, deadline: .now + .seconds(600))
        change(&options)
        return options
    }

    private func service(_ host: ModelHost) -> FaceService { FaceService(EmbeddingService(engine: host)) }

    @Test func aFaceHasItsPlaceItsTraitsAndItsVector() async throws {
        try await withHost { host, codec in
            let found = try await service(host).faces(in: Picture(Data([9])), options())
            #expect(found.width == 64 && found.height == 32 && found.faces.count == 1)
            let face = try #require(found.faces.first)
            #expect(face.region.x == 0.25 && face.region.height == 0.5 && face.region.score == 0.9)
            // The landmarks are of the box, the region's of the picture.
            #expect(abs(face.region.points[0].x - 0.4) < 1e-6 && abs(face.region.points[0].y - 0.45) < 1e-6)
            #expect(face.template?.values == [0.6, 0.8] && face.template?.norm == 5)
            #expect(face.traits.side == 16 && abs(face.traits.yaw) < 1e-3)
            #expect(found.models.embedder.id == "embedder" && found.models.embedder.dims == 2)
            #expect(found.models.detector.id == "detector" && found.models.thresholds.cosine == 0.4)
            #expect(found.models.thresholds.detectorScore == 0.9)
            #expect(found.models.thresholds.rates == [.init(fmr: 0.1, threshold: 0.4, pairs: 100)])
            #expect(found.timings.decode > .zero && found.timings.embed > .zero)
            #expect(codec.decodings.withLock { $0 } == 1, "one picture is decoded once")
            let models = try await service(host).models(until: .now + .seconds(600))
            #expect(models == found.models)
        }
    }

    @Test func withoutVectorsTheEmbedderIsNotAsked() async throws {
        let embeddings = Locked(0)
        try await withHost(embeddings: embeddings) { host, _ in
            await wait(host, for: "embedder", to: .ready)
            let before = embeddings.withLock { $0 }
            let found = try await service(host).faces(in: Picture(Data([9])), options { $0.embeds = false })
            #expect(found.faces.count == 1 && found.faces[0].template == nil && found.timings.embed == .zero)
            _ = try await host.answer(
                InferenceRequest(.ask(.image(Data([9])), for: .findFaces), deadline: .now + .seconds(600)))
            #expect(embeddings.withLock { $0 } == before)
        }
    }

    @Test func theLargestFacesComeFirstAndNoMoreThanAreAskedFor() async throws {
        let rows: [[Float]] = [[0.9, 0, 0, 0.2, 0.2], [0.6, 0.5, 0.5, 1, 1], [0.55, 0.6, 0, 0.95, 0.3]]
        try await withHost(rows: rows) { host, _ in
            let all = try await service(host).faces(in: Picture(Data([9])), options())
            #expect(all.faces.map(\.region.score) == [0.6, 0.55, 0.9])
            let one = try await service(host).faces(in: Picture(Data([9])), options { $0.maximumFaces = 1 })
            #expect(one.faces.map(\.region.score) == [0.6])
            let sure = try await service(host).faces(in: Picture(Data([9])), options { $0.minimumScore = 0.9 })
            #expect(sure.faces.map(\.region.score) == [0.9])
            let none = try await service(host).faces(in: Picture(Data([9])), options { $0.minimumScore = 1 })
            #expect(none.faces.isEmpty && none.models.embedder.id == "embedder")
        }
    }

    @Test(arguments: [Float.nan, 0.5])
    func aFaceWhoseLandmarksAreNoneHasNoVector(point: Float) async throws {
        try await withHost(points: Array(repeating: point, count: 10)) { host, _ in
            let found = try await service(host).faces(in: Picture(Data([9])), options())
            #expect(found.faces.count == 1 && found.faces[0].template == nil && found.faces[0].traits.quality < 1e-6)
        }
    }

    @Test func aFaceBeyondThePictureIsReadAsFarAsItIsThere() async throws {
        let rows: [[Float]] = [[0.9, -0.5, -0.25, 0.25, 0.5], [0.8, 0.9, 0.9, 3, 3]]
        try await withHost(rows: rows) { host, _ in
            let found = try await service(host).faces(in: Picture(Data([9])), options())
            #expect(found.faces.count == 2 && found.faces.allSatisfy { $0.template != nil })
            #expect(found.faces.allSatisfy { $0.region.isFinite })
        }
    }

    @Test func tilesAreLookedAtBesideTheWholeAndCutFacesAreLeftOut() async throws {
        let passes = Locked(0)
        // In each view one face touches the left edge and one lies in the middle.
        let rows: [[Float]] = [[0.9, 0, 0.4, 0.2, 0.6], [0.8, 0.4, 0.4, 0.6, 0.6]]
        try await withHost(rows: rows, passes: passes) { host, codec in
            await wait(host, for: "detector", to: .ready)
            let before = passes.withLock { $0 }
            let search = FaceSearch(tiles: 2)
            let found = try await service(host).faces(in: Picture(Data([9])), options { $0.search = search })
            #expect(passes.withLock { $0 } - before == 5)
            #expect(codec.decodings.withLock { $0 } == 1)
            // Whole: 2; the two left tiles touch the picture's own edge: 2 each; the right ones cut theirs: 1 each.
            #expect(found.faces.count == 8)
        }
    }

    @Test(arguments: [
        FaceSearch(longSide: 1), FaceSearch(longSide: 100_000), FaceSearch(padding: .nan), FaceSearch(padding: -1),
        FaceSearch(quarterTurns: 4), FaceSearch(quarterTurns: -1), FaceSearch(tiles: 0), FaceSearch(tiles: 1_000),
    ])
    func aSearchThatIsOutOfRangeIsRefused(search: FaceSearch) async throws {
        try await withHost { host, codec in
            let code = await code {
                try await service(host).faces(in: Picture(Data([9])), options { $0.search = search })
            }
            #expect(code == .invalidRequest && codec.decodings.withLock { $0 } == 0)
            // A worker does not trust the front either.
            let request = InferenceRequest(
                .faces(Picture(Data([9])), FaceQuestion(search: search, embeds: true)), of: "embedder",
                deadline: .now + .seconds(600))
            #expect(await self.code { try await host.answer(request) } == .invalidRequest)
        }
    }

    private func code(_ body: () async throws -> some Any) async -> HearthError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    @Test func aPictureThatCannotBeReadSaysSo() async throws {
        try await withHost { host, _ in
            #expect(
                await code { try await service(host).faces(in: Picture(FakeCodec.damaged), options()) }
                    == .invalidImage)
            let found = try await service(host).faces(in: Picture(Data([9])), options())
            #expect(found.faces.count == 1, "the next one is read")
        }
    }

    @Test(arguments: ["detector", "landmarks", "embedder"])
    func whatIsMissingIsSaidWithHowToGetIt(missing: String) async throws {
        try await withHost(without: missing) { host, _ in
            let error = await #expect(throws: HearthError.self) {
                try await service(host).faces(in: Picture(Data([9])), options())
            }
            #expect(error?.code == .notFound && error?.hint?.contains("hearth models pull faces") == true)
        }
    }
}

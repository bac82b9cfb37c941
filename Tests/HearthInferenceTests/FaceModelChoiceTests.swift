import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthInference

/// Which models read faces, among those that are there.
@Suite struct FaceModelChoiceTests {
    private static func detector(_ id: String, landmarks: Bool) -> ModelStatus {
        var model = ModelStatus.ready(id, .faceDetection)
        model.face = FaceModelNote(score: 0.5, enrolmentScore: 0.9, landmarks: landmarks)
        return model
    }

    private static func embedder(_ id: String) -> ModelStatus {
        var model = ModelStatus.ready(id, .faceEmbedding, dims: 4)
        model.face = FaceModelNote()
        model.matchThreshold = 0.4
        return model
    }

    private static let all = [
        detector("ssd", landmarks: false), detector("yunet", landmarks: true), embedder("small"), embedder("large"),
        .ready("points", .faceLandmarks), .ready("scatter", .imageEmbedding, dims: 4),
    ]

    @Test func aDetectorWithLandmarksIsTakenBeforeOthers() throws {
        let choice = try FaceModelChoice(among: Self.all, for: FaceQuestion(embeds: true))
        #expect(choice.detector.id == "yunet" && choice.embedder?.id == "small" && choice.landmarks == nil)
        let finding = try FaceModelChoice(among: Self.all, for: FaceQuestion(embeds: false))
        #expect(finding.embedder == nil)
    }

    @Test func namedModelsAreTaken() throws {
        let choice = try FaceModelChoice(
            among: Self.all, for: FaceQuestion(embeds: true, detector: "ssd", embedder: "large"))
        #expect(choice.detector.id == "ssd" && choice.landmarks?.id == "points" && choice.embedder?.id == "large")
        #expect(throws: HearthError.self) {
            try FaceModelChoice(among: Self.all, for: FaceQuestion(embeds: true, embedder: "scatter"))
        }
    }

    @Test func whatCannotBeAskedIsPassedOver() throws {
        var models = Self.all
        models[1].state = .failed
        models[2].face = nil
        let choice = try FaceModelChoice(among: models, for: FaceQuestion(embeds: true))
        #expect(choice.detector.id == "ssd" && choice.embedder?.id == "large")
        models.removeAll { $0.id == "ssd" }
        models[0].reason = "Its file is missing."
        let error = #expect(throws: HearthError.self) {
            try FaceModelChoice(among: models, for: FaceQuestion(embeds: true))
        }
        #expect(error?.code == .modelNotReady && error?.message.contains("Its file is missing.") == true)
        let none = #expect(throws: HearthError.self) {
            try FaceModelChoice(among: [], for: FaceQuestion(embeds: true))
        }
        #expect(none?.code == .notFound && none?.hint?.contains("hearth models pull faces") == true)
    }

    @Test func anAnswerThatIsNotWholeIsAFault() async throws {
        let region = PictureRegion(x: 0, y: 0, width: 1, height: 1, score: 1)
        let traits = FaceTraits(yaw: 0, pitch: 0, roll: 0, sharpness: 1, brightness: 1, side: 9, quality: 1)
        let detector = ModelIdentity(id: "yunet", digest: "d", dims: 0, precision: "f32")
        for (vector, regions) in [(0, [region]), (-1, [region]), (nil, [])] as [(Int?, [PictureRegion])] {
            var engine = ScriptedEngine(Self.all)
            engine.finding = { request in
                #expect(request.model == "small" && request.question.faces?.question.detector == "yunet")
                return InferenceAnswer(
                    regions: regions,
                    faces: FaceReport(
                        width: 1, height: 1, faces: [.init(traits: traits, vector: vector)], detector: detector,
                        timings: FaceTimings()))
            }
            let service = FaceService(EmbeddingService(engine: engine))
            let error = await #expect(throws: HearthError.self) {
                try await service.faces(
                    in: Picture(Data([1])), FaceOptions(tenant: .local, deadline: .now + .seconds(60)))
            }
            #expect(error?.code == .internalError)
        }
    }
}

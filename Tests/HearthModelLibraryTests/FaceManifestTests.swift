import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthModelLibrary

/// What a `model.json` says of faces.
@Suite struct FaceManifestTests {
    private static let detector = """
        {"id": "m", "kind": "face-detection", "description": "d", "licence": "MIT", "commercial": true, "source": "s",
         "weights": "v.onnx", "files": {"v.onnx": "\(String(repeating: "a", count: 64))"},
         "image": {"width": 64, "height": 32, "resize": "letterbox", "interpolation": "bilinear", "channels": "RGB",
                   "layout": "NCHW", "scale": 1, "mean": [0, 0, 0], "std": [1, 1, 1]},
         "face": {"score": 0.5, "enrolmentScore": 0.9, "landmarks": true, "multiple": 32},
         "postprocess": {"name": "yunet"}}
        """
    private static let embedder = """
        {"id": "m", "kind": "face-embedding", "description": "d", "licence": "MIT", "commercial": true, "source": "s",
         "weights": "v.onnx", "files": {"v.onnx": "\(String(repeating: "a", count: 64))"},
         "image": {"width": 64, "height": 32, "resize": "stretch", "interpolation": "bilinear", "channels": "RGB",
                   "layout": "NCHW", "scale": 1, "mean": [0, 0, 0], "std": [1, 1, 1]},
         "output": {"dims": 4, "normalise": true},
         "face": {"template": [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]},
         "match": {"threshold": 0.4, "measured": "here", "rates": [{"fmr": 0.01, "threshold": 0.4, "pairs": 300}]}}
        """

    private func problem(_ text: String) -> String? {
        switch ModelManifest.read(Data(text.utf8)) {
        case .success(let manifest): manifest.defect
        case .failure(let defect): defect.text
        }
    }

    @Test func bothKindsAreReadAndWritten() throws {
        for text in [Self.detector, Self.embedder] {
            #expect(problem(text) == nil)
            let manifest = try ModelManifest.read(Data(text.utf8)).get()
            #expect(try ModelManifest.read(JSONEncoder().encode(manifest)).get() == manifest)
        }
    }

    @Test(arguments: [
        ("\"landmarks\": true, ", "", "lacks face.score, face.enrolmentScore or face.landmarks"),
        ("0.9", "0.4", "the second is not below the first"), ("0.9", "1.5", "0 to 1 is allowed"),
        ("\"multiple\": 32", "\"multiple\": 0", "1 to 256"),
        ("\"multiple\": 32", "\"multiple\": 24", "multiples of it"),
        ("letterbox", "stretch", "with resize letterbox"), ("letterbox", "cover", "cuts faces off"),
        ("\"score\": 0.5", "\"template\": [], \"score\": 0.5", "face.template, which only"),
        ("\"score\": 0.5", "\"glasses\": 1, \"score\": 0.5", "\"face.glasses\", which is not known"),
        ("face-detection", "face-landmarks", "which kind face-landmarks does not have"),
    ])
    func whatIsWrongWithADetectorIsSaid(place: String, text: String, expected: String) {
        let found = problem(Self.detector.replacingOccurrences(of: place, with: text))
        #expect(found?.contains(expected) == true, "\(found ?? "nothing")")
    }

    @Test(arguments: [
        ("[0.3, 0.4], ", "", "five points"), ("0.3,", "0.3, 0.1,", "five points"), ("0.3,", "9,", "five points"),
        ("{\"template\"", "{\"score\": 1, \"template\"", "which only detectors have"),
        (
            "[[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]",
            "[[1, 1], [1, 1], [1, 1], [1, 1], [1, 1]]",
            "five times the same"
        ),
        ("\"pairs\": 300", "\"pairs\": 299", "so many show no rate below"), ("0.01", "0", "out of range"),
        ("\"pairs\": 300", "\"pairs\": -1", "out of range"), ("\"fmr\": 0.01, ", "", "match.rates.Index 0.fmr"),
    ])
    func whatIsWrongWithAnEmbedderIsSaid(place: String, text: String, expected: String) {
        let found = problem(Self.embedder.replacingOccurrences(of: place, with: text))
        #expect(found?.contains(expected) == true, "\(found ?? "nothing")")
    }

    @Test func theTemplateDecidesAboutVectorsAndScoresDoNot() throws {
        var embedder = try ModelManifest.read(Data(Self.embedder.utf8)).get()
        let digest = embedder.digest
        embedder.match?.threshold = 0.5
        embedder.match?.rates = nil
        #expect(embedder.digest == digest)
        embedder.face?.template?[2][0] += 0.001
        #expect(embedder.digest != digest)
        var detector = try ModelManifest.read(Data(Self.detector.utf8)).get()
        let other = detector.digest
        detector.face?.enrolmentScore = 0.95
        #expect(detector.digest == other)
    }

    @Test func theDescriptorsOfFaceModelsSayAllThatIsNeeded() throws {
        let folder = TestFolders.models.appendingPathComponent("descriptors")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        var count = 0
        for name in names {
            let manifest = try ModelManifest.read(Data(contentsOf: folder.appendingPathComponent(name))).get()
            guard manifest.kind.rawValue.hasPrefix("face-") else { continue }
            count += 1
            #expect(manifest.defect == nil && manifest.precision == "f32", "\(name)")
            #expect(manifest.postprocess != nil || manifest.face?.template != nil, "\(name)")
            #expect(manifest.kind != .faceEmbedding || manifest.match != nil, "\(name)")
        }
        #expect(count == 7)
    }

    @Test func whatFacesAreReadByIsPulledTogether() throws {
        let list = try DownloadList(at: TestFolders.models.appendingPathComponent("downloads.json").path)
        let kinds = list.entries(named: "faces").map(\.manifest.kind)
        #expect(Set(kinds) == [.faceDetection, .faceLandmarks, .faceEmbedding] && kinds.count == 3)
        #expect(list.entries(named: "faces").allSatisfy { $0.commercial && $0.files.allSatisfy { $0.sha256 != nil } })
        #expect(list.entries(named: "sface").map(\.name) == ["sface-2021dec"])
        #expect(list.entries(named: "nobody").isEmpty)
    }

    @Test(arguments: [
        (#"{"models": [], "sets": 1}"#, "no object"), (#"{"models": [], "sets": {"a": []}}"#, "no list of names"),
        (#"{"models": [], "sets": {"a": [1]}}"#, "no list of names"),
        (#"{"models": [], "sets": {"A B": ["b"]}}"#, "no list of names"),
        (#"{"models": [], "sets": {"a": ["b"]}}"#, "which is no model of the list"),
    ])
    func aBrokenSetSaysWhatIsWrong(text: String, expected: String) {
        #expect {
            try DownloadList(reading: Data(text.utf8))
        } throws: { error in
            (error as? HearthError)?.message.contains(expected) == true
        }
    }
}

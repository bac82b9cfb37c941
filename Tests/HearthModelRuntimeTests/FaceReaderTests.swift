import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// What detectors give, read as their folders say, and whatever numbers come.
@Suite struct FaceReaderTests {
    private func manifest(_ name: String, _ settings: JSONValue? = nil) -> ModelManifest {
        var manifest = ModelManifest(
            id: "m", kind: .faceDetection, description: "d", licence: "CC0", commercial: true, source: "s",
            weights: "w.onnx", files: [:], image: ImagePreprocessing(width: 64, height: 32, resize: .letterbox))
        manifest.postprocess = .init(name: name, settings: settings)
        return manifest
    }

    private func signature(_ names: [String]) -> GraphSignature {
        GraphSignature(inputs: [], outputs: names.map { TensorPort(name: $0, type: .float32, shape: [-1]) })
    }

    private func code(_ body: () throws -> some Any) -> HearthError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    private func tensor(_ values: [Float]) -> Tensor { Tensor(shape: [values.count], values: values) }

    // MARK: YuNet

    private static let levels = ["cls", "obj", "bbox", "kps"]

    private func yunet(_ settings: JSONValue = ["strides": [16], "overlap": 0.3]) throws -> YuNetReader {
        let names = [8, 16, 32].flatMap { stride in Self.levels.map { "\($0)_\(stride)" } }
        return try YuNetReader(manifest("yunet", settings), signature: signature(names))
    }

    /// Outputs for steps of 16 in an input of 64 x 32: 4 x 2 cells.
    private func outputs(_ change: (inout [[Float]]) -> Void) -> [Tensor] {
        var values: [[Float]] = [
            Array(repeating: 0, count: 8), Array(repeating: 1, count: 8), Array(repeating: 0, count: 32),
            Array(repeating: 0, count: 80),
        ]
        change(&values)
        return values.map(tensor)
    }

    private let frame = PictureFrame(width: 64, height: 32)

    @Test func yunetCellsBecomeBoxesAndPoints() throws {
        let reader = try yunet()
        #expect(reader.outputs == [4, 5, 6, 7])
        // The second cell of the second row: column 1, row 1.
        let tensors = outputs { values in
            values[0][5] = 0.81
            values[2].replaceSubrange(20..<24, with: [0.5, 0.25, 0, log(0.5)])
            for point in 0..<5 { values[3][50 + 2 * point] = Float(point) / 4 }
        }
        let regions = try reader.answers(in: tensors, of: [frame])[0].regions
        let region = try #require(regions.first)
        #expect(regions.count == 1 && abs(region.score - 0.9) < 1e-6)
        // Middle (24, 20), 16 wide, 8 high.
        #expect(abs(region.x * 64 - 16) < 1e-4 && abs(region.y * 32 - 16) < 1e-4)
        #expect(abs(region.width * 64 - 16) < 1e-4 && abs(region.height * 32 - 8) < 1e-4)
        #expect(region.points.map { $0.x * 64 } == [16, 20, 24, 28, 32] && region.points.allSatisfy { $0.y == 0.5 })
    }

    @Test func outputsWithoutTheirNamesAreTakenByTheirPlaces() throws {
        let names = [
            "291", "303", "315", "327", "339", "351", "bbox_8", "bbox_16", "bbox_32", "kps_8", "kps_16", "kps_32",
        ]
        let reader = try YuNetReader(manifest("yunet", ["strides": [8, 16, 32]]), signature: signature(names))
        #expect(reader.outputs == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
        let fewer = signature(Array(names.dropLast()))
        #expect(code { try YuNetReader(manifest("yunet", ["strides": [8, 16, 32]]), signature: fewer) } != nil)
    }

    @Test func ofBoxesOverEachOtherTheBestStays() throws {
        let tensors = outputs { values in
            (values[0][0], values[0][1], values[0][7]) = (0.5, 0.7, 0.3)
            // The first two are one face: the second cell's box lies one cell to the left.
            values[2][4] = -0.9
        }
        let scores = try yunet().answers(in: tensors, of: [frame])[0].regions.map(\.score)
        #expect(scores.map { ($0 * $0 * 100).rounded() } == [70, 30])
    }

    @Test func scoresBeyondOneAreOne() throws {
        let tensors = outputs { ($0[0][0], $0[1][0]) = (7, 1.5) }
        #expect(try yunet().answers(in: tensors, of: [frame])[0].regions.map(\.score) == [1])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 1e30, -1e30])
    func numbersThatAreNoneAreNoFaces(bad: Float) throws {
        for place in 0..<4 {
            let tensors = outputs { values in
                values[0] = Array(repeating: 0.9, count: 8)
                values[place] = Array(repeating: bad, count: values[place].count)
            }
            let regions = try yunet().answers(in: tensors, of: [frame])[0].regions
            #expect(regions.allSatisfy { FaceReading.isPlausible($0) }, "\(bad) in \(Self.levels[place])")
        }
    }

    @Test func eachPictureOfAPassHasItsOwnFaces() throws {
        let one = outputs { $0[0][0] = 1 }
        let other = outputs { $0[0][7] = 1 }
        let both = zip(one, other).map { tensor($0.values + $1.values) }
        let answers = try yunet().answers(in: both, of: [frame, frame])
        #expect(answers.map(\.regions.count) == [1, 1] && answers[0].regions != answers[1].regions)
    }

    @Test func anOutputOfAnotherSizeIsAFaultOfTheModel() throws {
        let reader = try yunet()
        let tensors = outputs { $0[2].removeLast() }
        #expect(code { try reader.answers(in: tensors, of: [frame]) } == .internalError)
        #expect(code { try reader.answers(in: outputs { _ in }, of: [frame, frame]) } == .internalError)
    }

    @Test(
        arguments: [
            ["strides": [0]], ["strides": [1_000]], ["strides": ["8"]], ["strides": [12]], ["overlap": 2],
            ["overlap": "much"], ["overlap": -0.1],
        ] as [JSONValue])
    func settingsThatCannotBeAreRefused(settings: JSONValue) {
        #expect(code { try yunet(settings) } == .invalidConfiguration)
    }

    // MARK: Others

    @Test func rowsOfSevenAreRead() throws {
        let reader = try SSDReader(manifest("ssd"), signature: signature(["out"]))
        let rows: [[Float]] = [
            [0, 1, 0.9, 0.1, 0.2, 0.3, 0.6], [0, 1, 0.8, 0.11, 0.2, 0.3, 0.6], [0, 1, 0.1, 0.6, 0.6, 0.9, 0.9],
            [0, 1, .nan, 0, 0, 1, 1], [0, 1, 0.9, 0.5, 0, 0.5, 1], [0, 1, 0.9, 0, 0, .infinity, 1],
            [9, 1, 0.9, 0, 0, 1, 1], [.nan, 1, 0.9, 0, 0, 1, 1], [-1, 0, 0, 0, 0, 0, 0], [0, 1, 1, 0.7, 0.7, 1, 1],
        ]
        // What is no number ends the rows too: nothing behind it is trusted.
        let regions = try reader.answers(in: [tensor(rows.flatMap { $0 })], of: [frame])[0].regions
        #expect(regions.count == 1 && regions[0].score == 0.9 && regions[0].y == 0.2)
        #expect(code { try reader.answers(in: [tensor([0, 1])], of: [frame]) } == .internalError)
        #expect(try reader.answers(in: [tensor([])], of: [frame])[0].regions.isEmpty)
    }

    @Test func scoresAndBoxesAreRead() throws {
        let reader = try ScoredBoxReader(
            manifest("scored-boxes", ["scores": "s", "boxes": "b"]), signature: signature(["b", "s"]))
        #expect(reader.outputs == [1, 0])
        let scores = tensor([0.1, 0.9, 0.9, 0.1, 0, .nan, 0.2, 0.8])
        let boxes = tensor([0, 0, 0.5, 0.5, 0, 0, 1, 1, 0, 0, 1, 1, 0.6, 0.6, 0.9, .infinity])
        let regions = try reader.answers(in: [scores, boxes], of: [frame])[0].regions
        #expect(regions == [PictureRegion(x: 0, y: 0, width: 0.5, height: 0.5, score: 0.9)])
        #expect(code { try reader.answers(in: [scores, scores], of: [frame]) } == .internalError)
        #expect(code { try ScoredBoxReader(manifest("scored-boxes"), signature: signature(["s"])) } != nil)
    }

    @Test func fivePointsAreRead() throws {
        let reader = try PointReader(manifest("points"), signature: signature(["95"]))
        let values: [Float] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
        let points = try reader.answers(in: [tensor(values)], of: [frame])[0].regions[0].points
        #expect(points.map(\.x) == [0.1, 0.3, 0.5, 0.7, 0.9] && points.map(\.y) == [0.2, 0.4, 0.6, 0.8, 1])
        let bad = tensor(Array(repeating: .nan, count: 10))
        #expect(try reader.answers(in: [bad], of: [frame])[0].regions.isEmpty)
        #expect(code { try reader.answers(in: [tensor([1])], of: [frame]) } == .internalError)
    }

    @Test func ofVeryManyBoxesOnlyTheBestAreCompared() throws {
        let count = 20_000
        let scores = tensor((0..<count).flatMap { [0, 0.3 + Float($0) / Float(2 * count)] })
        // Boxes that do not touch.
        let boxes = tensor(
            (0..<count).flatMap { place -> [Float] in
                let (x, y) = (Float(place % 200) / 200, Float(place / 200) / 200)
                return [x, y, x + 0.004, y + 0.004]
            })
        let reader = try ScoredBoxReader(manifest("scored-boxes"), signature: signature(["scores", "boxes"]))
        let regions = try reader.answers(in: [scores, boxes], of: [PictureFrame(width: 1_000, height: 1_000)])[0]
            .regions
        #expect(regions.count == Limits.faceCandidates && (regions.first?.score ?? 0) > 0.79)
    }
}

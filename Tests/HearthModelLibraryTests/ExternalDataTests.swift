import Foundation
import HearthTesting
import Testing

@testable import HearthModelLibrary

@Suite struct ExternalDataTests {
    private static let file = "data/user-files/models/external-data/model.onnx"

    private func names(_ bytes: Data, suffix: String = "onnx") throws -> Set<String> {
        let folder = try TemporaryFolder(.memory)
        let path = folder.file("graph.\(suffix)")
        try bytes.write(to: URL(fileURLWithPath: path))
        return ExternalData.names(inGraph: path)
    }

    @Test func everyFileThatAGraphReadsIsFound() throws {
        #expect(try names(ONNXMaker.graph(reading: ["a.bin", "b.bin"])) == ["a.bin", "b.bin"])
        #expect(try names(ONNXMaker.graph(reading: [])).isEmpty)
        #expect(try names(ONNXMaker.graph(reading: ["a.bin"]), suffix: "tflite").isEmpty)
    }

    /// Whatever stands in a file: it is read to its end, and never beyond.
    @Test(arguments: RepeatableRandom.seeds(200)) func noiseHasNoNamesAndNeverTraps(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        var bytes = Array(ONNXMaker.graph(reading: ["a.bin"]))
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        }
        let cut = Int.random(in: 0...bytes.count, using: &random)
        _ = try names(Data(bytes[..<cut]))
        _ = try names(Data(bytes))
    }

    @Test func anyNumberOfAGraphMayBeAnyOther() throws {
        let whole = ONNXMaker.graph(reading: ["a.bin"])
        var found = 0
        whole.withExtremeVarints { copy, place in
            for name in ExternalData.names(inGraph: copy) {
                #expect(name.isEmpty || copy.firstRange(of: Data(name.utf8)) != nil, "\(place)")
                found += name == "a.bin" ? 1 : 0
            }
        }
        #expect(found > 100, "most numbers do not lie on the way to the name")
        whole.withExtremeNumbers { copy, _ in _ = ExternalData.names(inGraph: copy) }
    }

    @Test func anOverlongNumberIsReadAsWhatItIs() {
        // The length of the model's version, 8, in two bytes.
        let whole = ONNXMaker.graph(reading: ["a.bin"])
        let padded = Data([0x08, 0x88, 0x00]) + whole.dropFirst(2)
        #expect(ExternalData.names(inGraph: padded) == ["a.bin"])
    }

    @Test(.enabled(if: SharedData.has(file), Comment(rawValue: SharedData.reason(file))))
    func aModelOfARealWriterNamesItsSecondFile() {
        #expect(ExternalData.names(inGraph: SharedData.url(Self.file).path) == ["model.onnx_data"])
    }
}

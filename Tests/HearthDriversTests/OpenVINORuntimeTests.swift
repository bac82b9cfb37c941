import Foundation
import HearthCore
import HearthOpenVINO
import HearthTesting
import Testing

@Suite struct OpenVINORuntimeTests {
    private func load(
        _ path: String, precision: String = "f32", cacheFolder: String? = nil
    ) throws -> any ModelSession {
        try OpenVINORuntime().load(
            ModelLoadRequest(path: path, precision: precision, cacheFolder: cacheFolder, threads: 1))
    }

    private var scatter: String { TestFolders.models.appendingPathComponent("scatter/openvino_model.xml").path }

    private func code(_ body: () throws -> some Any) -> HearthError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    /// Inputs that differ from each other, shape `[count, 3, 128, 128]`.
    private func inputs(_ count: Int) -> Tensor {
        let values = (0..<(count * 3 * 128 * 128)).map { index -> Float in
            let byte = (index * 31 + index / 49_152 * 7) % 256
            return Float(byte) / 255
        }
        return Tensor(shape: [count, 3, 128, 128], values: values)
    }

    @Test func missingGraphIsAConfigurationErrorWithTheLibrarysText() throws {
        let error = #expect(throws: HearthError.self) { try load("/nonexistent/model.xml") }
        #expect(error?.code == .invalidConfiguration)
        let cause = try #require(error?.cause)
        #expect("\(cause)".contains("ov_core_compile_model_from_file_props"))
        #expect(!"\(try #require(error))".contains("/nonexistent"), "paths are not shown")
    }

    @Test func garbageIsAConfigurationError() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("hearth-\(UUID().uuidString).xml")
        try Data("<net".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(code { try load(file.path) } == .invalidConfiguration)
    }

    private func run(_ session: any ModelSession, _ input: Tensor) throws -> Tensor {
        try #require(try session.run([input], outputs: [0]).first)
    }

    @Test func signatureNamesInputsAndOutputsWithTypesAndShapes() throws {
        let signature = try load(scatter).signature
        #expect(signature.inputs.map(\.type) == [.float32])
        #expect(signature.inputs.first?.shape == [-1, 3, 128, 128])
        #expect(signature.outputs.map(\.name) == ["image_embeds"])
        #expect(signature.outputs.first?.shape == [-1, 390])
    }

    @Test func batchGivesEachInputItsOwnVector() throws {
        let session = try load(scatter)
        let all = inputs(3)
        let together = try run(session, all)
        let dims = try #require(together.shape.last)
        #expect(together.shape == [3, dims])
        for index in 0..<3 {
            let size = 3 * 128 * 128
            let alone = try run(
                session,
                Tensor(shape: [1, 3, 128, 128], values: Array(all.values[(index * size)..<((index + 1) * size)])))
            let expected = together.values[(index * dims)..<((index + 1) * dims)]
            #expect(zip(alone.values, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "input \(index)")
        }
    }

    @Test func wrongShapeFailsThePassAndNotTheSession() throws {
        let session = try load(scatter)
        #expect(code { try run(session, Tensor(shape: [1, 2], values: [1, 2])) } == .invalidRequest)
        #expect(try run(session, inputs(1)).shape.first == 1)
    }

    @Test func shapeThatClaimsMoreThanTheValuesIsRefused() throws {
        let session = try load(scatter)
        #expect(code { try run(session, Tensor(shape: [1, 3, 128, 128], values: [1])) } == .invalidRequest)
    }

    @Test func compiledGraphIsKeptInTheCacheFolderAndGivesTheSameVectors() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hearth-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = inputs(1)
        let first = try run(load(scatter, cacheFolder: folder.path), input)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty == false)
        #expect(try run(load(scatter, cacheFolder: folder.path), input) == first)
    }

    @Test func preferredPrecisionIsOneThatLoads() throws {
        let precision = try OpenVINORuntime().preferredPrecision
        #expect(["f32", "bf16"].contains(precision))
        #expect(try run(load(scatter, precision: precision), inputs(1)).shape.first == 1)
    }
}

import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// What a text model computes cannot be stopped, so it is bounded before it begins.
@Suite struct OpenInferenceTokensTests {
    private let texts = ModelStatus.ready("minilm", .textEmbedding, dims: 2)

    private func tensors(
        _ shape: [Int], _ datatype: String = "INT64", for model: ModelStatus
    ) throws(HearthError) -> [NamedTensor] {
        let value: JSONValue = [
            "name": "input_ids", "shape": .array(shape.map { .int(Int64($0)) }), "datatype": .string(datatype),
            "data": .array(Array(repeating: 1, count: shape.reduce(1, *))),
        ]
        return try OpenInferenceRequest(RequestFields(["inputs": [value]])).tensors(for: model)
    }

    @Test(arguments: [[1, 1], [1, 256], [64, 256], [16_384, 1], [256]])
    func textsAsLongAsTheModelReadsAreComputed(shape: [Int]) throws {
        #expect(try tensors(shape, for: texts).first?.tensor.shape == shape)
    }

    @Test(arguments: [[1, 257], [1, 100_000], [257], [65, 256], [16_385, 1]], ["INT64", "INT32"])
    func longerTextsAndLargerBatchesAreRefused(shape: [Int], datatype: String) {
        #expect(throws: HearthError.self) { try tensors(shape, datatype, for: texts) }
    }

    @Test func aModelMayReadALongerTextThanABatchHasTokens() throws {
        var model = texts
        model.maximumTokens = 20_000
        #expect(try tensors([1, 20_000], for: model).count == 1)
        #expect(throws: HearthError.self) { try tensors([2, 10_001], for: model) }
    }

    @Test func modelsThatReadNoTextsAndPicturesOfThoseThatDoAreNotConcerned() throws {
        #expect(try tensors([1, 3, 300], for: .ready("eyes", .imageEmbedding, dims: 2)).count == 1)
        #expect(try tensors([1, 3, 300], "FP32", for: texts).count == 1)
    }
}

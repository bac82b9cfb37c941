import Testing

@testable import HearthFaces

@Suite struct FaceVectorTests {
    @Test func theMeanIsByWeightAndOfLengthOne() throws {
        let mean = try #require(FaceVector.mean([([1, 0], 3), ([0, 1], 1)]))
        #expect(abs(FaceVector.cosine(mean, [3, 1]) - 1) < 1e-6)
        #expect(abs(FaceVector.cosine(mean, mean) - 1) < 1e-6)
        #expect(FaceVector.mean([]) == nil)
        #expect(FaceVector.mean([([1, 0], 1), ([-1, 0], 1)]) == nil, "no direction")
    }

    @Test func theBestTemplatesCount() throws {
        let templates: [[Float]] = [[1, 0], [0, 1], [-1, 0]]
        #expect(FaceVector.bestMean(of: [1, 0], among: templates, k: 1) == 1)
        #expect(FaceVector.bestMean(of: [1, 0], among: templates, k: 2) == 0.5)
        #expect(FaceVector.bestMean(of: [1, 0], among: [], k: 3) == nil)
        #expect(FaceVector.cosine([0, 0], [1, 0]) == 0)
    }
}

import HearthCore
import HearthInference
import Testing

@testable import HearthFaces

@Suite struct FaceDecisionTests {
    private static let known = FaceThresholds(
        cosine: 0.35,
        rates: [
            .init(fmr: 1e-2, threshold: 0.30, pairs: 50_000), .init(fmr: 1e-3, threshold: 0.40, pairs: 50_000),
            .init(fmr: 1e-4, threshold: 0.50, pairs: 50_000),
        ], detectorScore: 0.9)

    @Test func aRateIsTakenFromTheMeasuredOnesOnly() throws {
        let strict = try FaceThreshold(.rate(1e-3), Self.known)
        let named = try FaceThreshold(.cosine(0.40), Self.known)
        #expect(strict == named)
        #expect(strict.fmr == 1e-3 && strict.pairs == 50_000)
        #expect(throws: HearthError.self) { try FaceThreshold(.rate(1e-5), Self.known) }
        let unmeasured = FaceThresholds(cosine: 0.35, detectorScore: 0.9)
        #expect(throws: HearthError.self) { try FaceThreshold(.rate(1e-3), unmeasured) }
        #expect(try FaceThreshold(.model, unmeasured).fmr == nil, "what was not measured is not claimed")
    }

    @Test func theRateOfACosineIsThatOfTheNextLooserOne() throws {
        #expect(try FaceThreshold(.cosine(0.45), Self.known).fmr == 1e-3)
        #expect(try FaceThreshold(.cosine(0.9), Self.known).fmr == 1e-4)
        #expect(try FaceThreshold(.cosine(0.1), Self.known).fmr == nil)
    }

    @Test func theThresholdRisesAlongTheCurveWithTheGallery() throws {
        let one = try FaceThreshold(.rate(1e-2), Self.known, among: 1)
        #expect(abs(one.cosine - 0.30) < 1e-9)
        #expect(abs(try FaceThreshold(.rate(1e-2), Self.known, among: 10).cosine - 0.40) < 1e-9)
        #expect(abs(try FaceThreshold(.rate(1e-2), Self.known, among: 100).cosine - 0.50) < 1e-9)
        // Beyond what was measured as steep as at its end, and never above the highest.
        #expect(abs(try FaceThreshold(.rate(1e-2), Self.known, among: 1_000).cosine - 0.60) < 1e-9)
        #expect(try FaceThreshold(.rate(1e-4), Self.known, among: 1_000_000_000).cosine == Limits.highestFaceThreshold)
        #expect(abs(try FaceThreshold(.model, Self.known, among: 10).cosine - 0.45) < 1e-9, "between two points")
        #expect(try FaceThreshold(.cosine(0.2), Self.known, among: 10_000).cosine == 0.2)
    }

    @Test func theThresholdNeverFallsWithTheGallery() throws {
        var curves = [Self.known, FaceThresholds(cosine: 0.35, detectorScore: 0.9)]
        curves.append(
            FaceThresholds(
                cosine: 0.35,
                rates: [
                    .init(fmr: 1e-2, threshold: 0.5, pairs: 9), .init(fmr: 1e-3, threshold: 0.4, pairs: 9),
                ], detectorScore: 0.9))
        for known in curves {
            var last = -1.0
            for count in [0, 1, 2, 9, 10, 99, 1_000, 50_000, 1_000_000] {
                let threshold = try FaceThreshold(.model, known, among: count).cosine
                #expect(threshold >= last)
                last = threshold
            }
        }
    }

    @Test func unknownIsANormalAnswer() {
        #expect(IdentifyDecision(scores: [], threshold: 0.4).reason == .emptyGallery)
        #expect(IdentifyDecision(scores: [0.39], threshold: 0.4).reason == .belowThreshold)
        #expect(IdentifyDecision(scores: [0.8, 0.78], threshold: 0.4).reason == .ambiguous)
        #expect(IdentifyDecision(scores: [0.8, 0.7], threshold: 0.4).winner == 0)
        #expect(IdentifyDecision(scores: [0.8], threshold: 0.4).winner == 0)
    }

    @Test func wordsOfRatesAreThoseOfTheInterface() throws {
        #expect(FaceRate.allCases.map(\.rawValue) == ["fmr_1e3", "fmr_1e4"])
        #expect(try FaceStrictness(.fmr1e4, threshold: nil) == .rate(1e-4))
        #expect(throws: HearthError.self) { try FaceStrictness(.fmr1e3, threshold: 0.5) }
    }
}

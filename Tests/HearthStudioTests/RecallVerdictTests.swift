import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthStudio

/// Whether recall says that it does not know a character.
@Suite(.timeLimit(.minutes(3))) struct RecallVerdictTests {
    /// A studio that remembers picture 1 as Mira.
    private func bench(matchThreshold: Double?) async throws -> StudioBench {
        let bench = try await StudioBench(engine: ByteEngine.make(matchThreshold: matchThreshold))
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        return bench
    }

    @Test func aMatchReachesTheThresholdOfItsModel() async throws {
        let reply = try await bench(matchThreshold: 0.99).recall(picture: 1)
        #expect(reply["match_threshold"] == 0.99)
        #expect(reply["matches"]?[0]?["is_match"] == true)
    }

    @Test func aStrangerIsNamedWithTheWordThatItIsNoMatch() async throws {
        let reply = try await bench(matchThreshold: 0.99).recall(picture: 2)
        #expect(reply["matches"]?[0]?["name"] == "Mira", "the most similar one is still told")
        #expect(reply["matches"]?[0]?["is_match"] == false)
    }

    @Test func aModelWithoutAThresholdGivesNoVerdict() async throws {
        let reply = try await bench(matchThreshold: nil).recall(picture: 1)
        #expect(reply["match_threshold"] == nil && reply["matches"]?[0]?["is_match"] == nil)
        #expect((reply["matches"]?[0]?["score"]?.doubleValue ?? 0) > 0.99)
    }

    @Test func amongFewAnchorsALowerScoreIsAMatch() async throws {
        var engine = ByteEngine.make(matchThreshold: 0.99)
        (engine.statuses[0].matchAnchors, engine.statuses[0].matchPerHalving) = (4, 0.05)
        let bench = try await StudioBench(engine: engine)
        var thresholds: [JSONValue?] = []
        for number in 1...4 {
            try await bench.register("Mira \(number)", project: "Woods", picture: number)
            try await bench.runJobs()
            thresholds.append(try await bench.recall(picture: 9)["match_threshold"])
        }
        #expect(thresholds == [0.89, 0.94, 0.969, 0.99])
    }

    @Test func anAnchorIsJudgedLikeAPicture() async throws {
        let bench = try await bench(matchThreshold: 0.99)
        let other = try await bench.register("Bolt", project: "Woods", picture: 2)
        try await bench.runJobs()
        let reply = try await bench.call("studio.recall", ["anchor_id": other["anchor_id"] ?? "", "k": 2])
        #expect(reply["matches"]?[0]?["name"] == "Bolt" && reply["matches"]?[0]?["is_match"] == true)
        #expect(reply["matches"]?[1]?["is_match"] == false)
    }
}

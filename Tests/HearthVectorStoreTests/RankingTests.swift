import HearthCore
import Testing

@testable import HearthVectorStore

/// How deep a ranking is read when some of it may not be shown.
@Suite struct RankingTests {
    /// Reads a ranking of numbers from 0, of which those from `firstShown` on may be shown.
    private func best(
        _ count: Int, of total: Int, firstShown: Int, limit: Int
    ) async throws -> (shown: [Int], isComplete: Bool, depths: [Int], looks: [Int]) {
        var (depths, looks): ([Int], [Int]) = ([], [])
        let found = try await Ranking.best(count, limit: limit) { depth in
            depths.append(depth)
            return Array(0..<min(depth, total))
        } show: { matches in
            looks.append(matches.count)
            return matches.map { $0 < firstShown ? nil : $0 }
        }
        return (found.shown, found.isComplete, depths, looks)
    }

    @Test func whereAllIsShownItIsReadOnce() async throws {
        let found = try await best(5, of: 9_000, firstShown: 0, limit: 10_000)
        #expect(found.shown == [0, 1, 2, 3, 4] && found.isComplete && found.depths == [5] && found.looks == [5])
    }

    @Test func whatMayNotBeShownTakesNoPlaces() async throws {
        let found = try await best(5, of: 9_000, firstShown: 37, limit: 10_000)
        #expect(found.shown == [37, 38, 39, 40, 41] && found.isComplete && found.depths == [5, 40, 320])
    }

    @Test func theEndOfTheRankingIsTheEnd() async throws {
        let few = try await best(5, of: 40, firstShown: 38, limit: 10_000)
        #expect(few.shown == [38, 39] && few.isComplete && few.depths == [5, 40, 320])
        let none = try await best(5, of: 0, firstShown: 0, limit: 10_000)
        #expect(none.shown.isEmpty && none.isComplete && none.depths == [5])
    }

    @Test func theLimitIsSaidWhenItIsReached() async throws {
        let found = try await best(5, of: 9_000, firstShown: 8_000, limit: 100)
        #expect(found.shown.isEmpty && !found.isComplete && found.depths == [5, 40, 100])
        let more = try await best(200, of: 9_000, firstShown: 0, limit: 100)
        #expect(more.shown.count == 200 && more.isComplete, "what is asked for is always looked at")
    }

    @Test func aFewAreLookedAtATimeAndNoMoreThanItTakes() async throws {
        let found = try await best(1_000, of: 9_000, firstShown: 3, limit: 10_000)
        #expect(found.shown == Array(3..<1_003) && found.isComplete)
        #expect(found.looks == [500, 500, 500, 500, 500], "two of the first depth, three of the second")
    }
}

import HearthCore
import HearthJSON
import Testing

@testable import HearthCommand

/// Answers of operations as people see them.
@Suite struct OperationAnswerTests {
    private static let now: Int64 = 1_764_540_000_000

    private func lines(_ answer: JSONValue) -> [String] { OperationAnswer.lines(answer, now: Self.now) }

    @Test func aPageIsATable() {
        let page: JSONValue = [
            "items": [
                ["id": "1", "name": "Mira", "is_new": true, "parts": [1, 2], "note": nil],
                ["id": "22", "name": "Bolt", "is_new": false, "parts": []],
            ], "next_cursor": "22",
        ]
        #expect(
            lines(page) == [
                "ID  NAME  IS_NEW  PARTS", "1   Mira  yes     1, 2", "22  Bolt  no      none", "More: --cursor 22",
            ])
        #expect(lines(["items": [], "next_cursor": nil]) == ["None."])
        #expect(lines(["items": [], "hint": "Did you mean `a`?"]) == ["None.", "Did you mean `a`?"])
    }

    @Test func anythingElseIsNamesAndValues() {
        #expect(
            lines(["id": "1", "progress": 0.5, "result": ["a": 1], "error": nil]) == [
                "id        1", "progress  0.5", "result    a 1",
            ])
        #expect(lines("done") == ["done"])
        #expect(lines(["models": [["id": "clip"], ["id": "dino"]]]) == ["ID", "clip", "dino"])
    }

    @Test func timesAreAgesInTablesAndWrittenOutElsewhere() {
        let time = JSONValue.int(Self.now - 180_000)
        #expect(lines(["items": [["id": "1", "created_at": time]]]) == ["ID  CREATED", "1   3 min ago"])
        #expect(
            lines(["id": "1", "created_at": time]) == [
                "id          1", "created_at  2025-11-30 21:57:00 UTC (3 min ago)",
            ])
    }

    @Test func aWideTableKeepsAPlaceForAMoment() {
        var item: JSONValue = ["empty": ""]
        for letter in "abcdefgh" { item[String(letter)] = 1 }
        item["created_at"] = .int(Self.now)
        #expect(lines(["items": [item]]) == ["A  B  C  D  E  F  CREATED", "1  1  1  1  1  1  0 s ago"])
    }

    @Test func idsOfOtherThingsAreCutAndTheOwnOneIsNot() {
        let id = "0193a5f0-7c1e-7000-8000-0123456789ab"
        let page: JSONValue = ["items": [["character_id": .string(id), "project_id": .string(id)]]]
        #expect(lines(page).last == "\(id)  …456789ab")
    }

    @Test func sizesAreInUnits() {
        #expect(lines(["bytes": 2_500_000, "count": 2_500_000]) == ["bytes  2.5 MB", "count  2500000"])
    }

    @Test func listsWithinAreTablesBelowTheirNames() {
        let answer: JSONValue = [
            "results": [
                ["matches": [["id": "a", "score": 0.98765432, "payload": ["kind": "tea"]]], "compared": 5]
            ], "metric": "cosine", "timings": ["search_ms": 0.21, "total_ms": 1.5],
        ]
        #expect(
            lines(answer) == [
                "results", "  matches", "    ID  SCORE   PAYLOAD", "    a   0.9877  kind tea", "  compared  5",
                "metric   cosine", "timings  search_ms 0.21, total_ms 1.5",
            ])
    }

    @Test func objectsOfOneKindAreATableOfTheirNames() {
        let answer: JSONValue = [
            "latencies_ms": ["embed": ["count": 3, "p50": 1.25], "recall": ["count": 1, "p50": 9]]
        ]
        #expect(
            lines(answer) == [
                "latencies_ms", "  NAME    COUNT  P50", "  embed   3      1.25", "  recall  1      9",
            ])
    }

    /// Whatever a server answers, no cell holds JSON.
    @Test func nothingIsShownAsJSON() {
        let answer: JSONValue = [
            "a": ["b": ["c": ["d": [1, ["e": "f"]]]], "g": []], "h": [[1, 2], [3]], "i": [["j": [["k": 1]]]],
        ]
        for line in lines(answer) { #expect(!line.contains("{") && !line.contains("["), "\(line)") }
    }

    @Test func longCellsAreCutButForTheLast() {
        let long = String(repeating: "x", count: 60)
        let lines = OperationAnswer.aligned([[long, long]])
        #expect(lines == [String(repeating: "x", count: 39) + "…  " + long])
    }
}

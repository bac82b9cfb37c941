import HearthCore
import HearthJSON
import Testing

@testable import HearthCommand

/// Answers of operations as people see them.
@Suite struct OperationAnswerTests {
    @Test func aPageIsATable() {
        let page: JSONValue = [
            "items": [
                ["id": "1", "name": "Mira", "is_new": true, "parts": [1, 2], "note": nil],
                ["id": "22", "name": "Bolt", "is_new": false, "parts": []],
            ], "next_cursor": "22",
        ]
        #expect(
            OperationAnswer.lines(page) == [
                "ID  NAME  IS_NEW", "1   Mira  true", "22  Bolt  false", "More: --cursor 22",
            ])
        #expect(OperationAnswer.lines(["items": [], "next_cursor": nil]) == ["None."])
    }

    @Test func anythingElseIsNamesAndValues() {
        #expect(
            OperationAnswer.lines(["id": "1", "progress": 0.5, "result": ["a": 1], "error": nil]) == [
                "id        1", "progress  0.5", #"result    {"a":1}"#,
            ])
        #expect(OperationAnswer.lines("done") == ["done"])
        #expect(OperationAnswer.lines(["models": [["id": "clip"], ["id": "dino"]]]) == ["ID", "clip", "dino"])
    }

    @Test func longCellsAreCutButForTheLast() {
        let long = String(repeating: "x", count: 60)
        let lines = OperationAnswer.aligned([[long, long]])
        #expect(lines == [String(repeating: "x", count: 39) + "…  " + long])
    }
}

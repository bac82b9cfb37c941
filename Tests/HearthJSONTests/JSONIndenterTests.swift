import Foundation
import Testing

@testable import HearthJSON

/// Compact JSON in lines: the same value, whatever pieces it comes in.
@Suite struct JSONIndenterTests {
    private static let value: JSONValue = [
        "name": "a \"quoted\" {name}, with: [signs] and \\", "none": [:], "empty": [], "numbers": [1, 2.5, -3],
        "nested": [["k": 1], ["l": [true, nil]], [[1, 2], []]], "last": "end",
    ]

    @Test func membersAndObjectsBeginLinesAndNumbersShareOne() {
        #expect(
            Self.value.indentedText() == #"""
                {
                  "name": "a \"quoted\" {name}, with: [signs] and \\",
                  "none": {},
                  "empty": [],
                  "numbers": [1, 2.5, -3],
                  "nested": [
                    {
                      "k": 1
                    },
                    {
                      "l": [true, null]
                    },
                    [
                      [1, 2],
                      []
                    ]
                  ],
                  "last": "end"
                }
                """#)
    }

    @Test(arguments: [value, "text", 7, [:], [], [1, [2], 3, "a,b"], nil])
    func theIndentedTextIsTheSameValue(value: JSONValue) throws {
        #expect(try JSONParser.parse(Data(value.indentedText().utf8)) == value)
    }

    @Test(arguments: 1...9) func piecesOfAnySizeGiveTheSameText(size: Int) {
        let bytes = Array(Self.value.encoded())
        var indenter = JSONIndenter()
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            text += indenter.indent(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(String(decoding: text, as: UTF8.self) == Self.value.indentedText())
    }
}

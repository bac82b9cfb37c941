import Foundation
import HearthJSON
import Testing

/// Texts whose comparison would take the square of their length.
@Suite struct CombiningMarksTests {
    /// Marks of two classes in turn, so that no run of them is in canonical order.
    private func marks(_ count: Int) -> String {
        String(String.UnicodeScalarView((0..<count).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
    }

    private func parse(_ text: String) throws(JSONError) -> JSONValue {
        try JSONParser.parse(Data("{\"text\":\"\(text)\"}".utf8))
    }

    @Test func aTextMayHaveSoManyInARowAndNotOneMore() throws {
        let longest = "a" + marks(CombiningMarks.longestRun)
        #expect(try parse(longest)["text"]?.stringValue?.utf8.elementsEqual(longest.utf8) == true)
        let error = #expect(throws: JSONError.self) { try parse(longest + "\u{301}") }
        #expect(error?.message.contains(CombiningMarks.problem) == true)
    }

    @Test func escapesStandForWhatTheyAre() {
        let escaped = String(repeating: "\\u0301\\u0316", count: CombiningMarks.longestRun)
        #expect(throws: JSONError.self) { try parse(escaped) }
    }

    @Test func anyLetterEndsARun() throws {
        for letter in ["a", "é", "漢", "한", "😀", "א"] {
            let text = String(repeating: letter + marks(CombiningMarks.longestRun), count: 5)
            #expect(try parse(text)["text"] != nil, "\(letter)")
        }
    }

    /// Accents written apart, vowel signs, points: as long as one likes.
    @Test(arguments: ["Tiếng Việt ", "שָׁלוֹם ", "السَّلَامُ ", "हिन्दी ", "ภาษาไทย ", "漢字かな交じり文", "한국어 "])
    func textsOfEveryLanguageAreTaken(words: String) throws {
        let apart = String(repeating: words.decomposedStringWithCanonicalMapping, count: 2_000)
        #expect(try parse(apart)["text"]?.stringValue?.utf8.count == apart.utf8.count)
    }

    @Test func aLargeStringThatIsReadLaterIsCheckedThen() throws {
        let body = Data("{\"picture\":\"a\(marks(CombiningMarks.longestRun + 1))\"}".utf8)
        let document = try JSONParser.document(body, largeStrings: ["picture"])
        #expect(throws: JSONError.self) { try document.text("picture") }
    }

    @Test func aTextThatIsCutOffInsideAMarkIsNone() {
        let bytes = Array(("a" + marks(CombiningMarks.longestRun)).utf8).dropLast()
        #expect(String(clientText: bytes) == nil)
    }
}

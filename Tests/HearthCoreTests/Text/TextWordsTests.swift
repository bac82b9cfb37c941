import HearthCore
import Testing

/// Words of texts in any script, folded.
@Suite struct TextWordsTests {
    @Test(arguments: [
        ("Mira's 2nd hat", ["mira", "s", "2nd", "hat"]), ("", []), (" \n!?🙂 ", []),
        ("Zoë ÅNGSTRÖM", ["zoe", "angstrom"]),
        ("灯台守 Mira", ["灯", "台", "守", "mira"]), ("カモメ", ["カ", "モ", "メ"]), ("한지민이", ["한지민이"]),
        ("a灯b", ["a", "灯", "b"]), ("ＡＢＣ", ["abc"]), ("x_y-z", ["x", "y", "z"]),
    ])
    func aTextIsSplit(text: String, words: [String]) {
        #expect(TextWords.words(of: text).map(\.text) == words.map { fold($0) })
    }

    /// Korean syllables may come out decomposed: what counts is that both sides do.
    private func fold(_ word: String) -> String { TextWords.words(of: word).map(\.text).joined() }

    @Test func marksStayWithTheirCharacters() {
        let words = TextWords.words(of: "ผู้ดูแล हिन्दी")
        #expect(words.last?.isCharacter == false && words.filter(\.isCharacter).count == 4)
        #expect(words.first.map { String("ผู้ดูแล हिन्दी"[$0.range]) } == "ผู้")
    }

    @Test func aJoinerSeparatesNothing() {
        let plain = TextWords.words(of: "میخواهم").map(\.text)
        #expect(TextWords.words(of: "می\u{200C}خواهم").map(\.text) == plain)
    }

    @Test func aWordIsOnlyAsLongAsDatabasesTake() {
        let word = TextWords.words(of: String(repeating: "é", count: 500)).first?.text ?? ""
        #expect(word.utf8.count <= 120 && !word.isEmpty)
    }

    @Test func rangesArePlacesInTheText() {
        let text = "Éa — 灯b"
        #expect(TextWords.words(of: text).map { String(text[$0.range]) } == ["Éa", "灯", "b"])
    }

    // MARK: Searches

    @Test func aSearchHasBeginningsAndPhrases() throws {
        let query = try TextQuery("lant \"yellow coat\" 灯台 x灯")
        #expect(query.phrases.map(\.words) == [["lant"], ["yellow", "coat"], ["灯", "台"], ["x"], ["灯"]])
        #expect(query.phrases.map(\.isBeginning) == [true, false, false, true, false])
        #expect(try TextQuery("a \"b c").phrases.map(\.words) == [["a"], ["b", "c"]], "a quote that is not closed")
    }

    @Test(arguments: ["", "\"\"", "!?", String(repeating: "a", count: 201), String(repeating: "a ", count: 17)])
    func whatHasNoWordOrTooManyIsRefused(text: String) {
        let error = #expect(throws: HearthError.self) { try TextQuery(text) }
        #expect(error?.code == .invalidRequest && error?.hint != nil)
    }

    // MARK: Snippets

    @Test func aShortTextIsShownWhole() throws {
        let snippet = try #require(TextSnippet(of: TextQuery("fox"), in: "A Fox\nand foxes.", field: "voice"))
        #expect(snippet.text == "A Fox and foxes." && snippet.field == "voice")
        #expect(snippet.marks.map(\.start) == [2, 10] && snippet.marks.map(\.end) == [5, 15])
        #expect(try TextSnippet(of: TextQuery("wolf"), in: "A fox.", field: "voice") == nil)
        #expect(try TextSnippet(of: TextQuery("a"), in: "", field: "voice") == nil)
    }

    @Test(arguments: [0, 1, 50, 53, 54, 100, 1_000])
    func theMarkIsWhereverTheWordStands(before: Int) throws {
        let text = String(repeating: "é", count: before) + " fox " + String(repeating: "y z", count: 300)
        let snippet = try #require(TextSnippet(of: TextQuery("fox"), in: text, field: "f"))
        let scalars = Array(snippet.text.unicodeScalars)
        let mark = try #require(snippet.marks.first)
        #expect(String(String.UnicodeScalarView(scalars[mark.start..<mark.end])) == "fox")
        #expect(scalars.count <= Limits.snippetLength + 2)
    }
}

import HearthCore
import Testing

/// What is put into a page cannot become markup.
@Suite struct HTMLTextTests {
    @Test func textsAreEscapedAndPartsAreTakenAsTheyAre() {
        let name = "<b class=\"x\">'&'"
        let inner: HTMLText = "<i>\(name)</i>"
        let page: HTMLText = "<p title=\"\(name)\">\(inner)\(7)</p>"
        let escaped = "&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;"
        #expect(page.markup == "<p title=\"\(escaped)\"><i>\(escaped)</i>7</p>")
        #expect(HTMLText([inner, "x"]).markup == inner.markup + "x")
    }

    @Test(arguments: ["", "名前", "e\u{301}", "a\u{0}b", "👩‍👩‍👧"]) func otherTextsStayAsTheyAre(text: String) {
        let page: HTMLText = "\(text)"
        #expect(Array(page.markup.unicodeScalars) == Array(text.unicodeScalars))
    }
}

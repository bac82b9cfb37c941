import Testing

@Suite struct SwiftLayersTests {
    private func code(_ text: String) -> String { SwiftLayers(of: text).code.joined(separator: "\n") }

    private func comments(_ text: String) -> String { SwiftLayers(of: text).comments.joined(separator: "\n") }

    @Test(arguments: [
        ("a // b", "a     "),
        ("a /* b /* c */ d */ e", "a                   e"),
        (#"f("b") + c"#, #"f(" ") + c"#),
        (#"f("\"b") + c"#, #"f("   ") + c"#),
        (##"f(#"b"c"#) + d"##, ##"f(#"   "#) + d"##),
        (#"f("// b") // c"#, #"f("    ")     "#),
        ("f(`b c`)", "f(`   `)"),
        ("#if a\n#endif", "#if a\n#endif"),
        (#"let r = #/a"b/#; c"#, #"let r = #/   /#; c"#),
    ])
    func codeKeepsNoCommentsAndNoContentOfStrings(_ source: String, _ expected: String) {
        #expect(code(source) == expected)
    }

    @Test func interpolationsAreCode() {
        #expect(code(#"f("a \(g(b, "c")) d") + e"#) == #"f("   (g(b, " "))  ") + e"#)
        #expect(code(##"f(#"a \(b) \#(c) d"#)"##) == ##"f(#"         (c)  "#)"##)
    }

    @Test func stringsOfManyLinesEndWhereTheyEnd() {
        let source = "let a = \"\"\"\n    \"b\" // c\n    \\(d)\n    \"\"\"\ne // f"
        #expect(code(source) == "let a = \"\"\"\n            \n     (d)\n    \"\"\"\ne     ")
    }

    @Test func commentsKeepTheirPlaces() {
        #expect(comments("a // b\n\"// c\"\n/* d\ne */ f") == "  // b\n      \n/* d\ne */  ")
    }

    @Test func linesAreAsManyAsInTheFile() {
        let source = "a\n\n\"\"\"\nb\n\"\"\"\n// c\n"
        #expect(SwiftLayers(of: source).code.count == 6)
        #expect(SwiftLayers(of: source).comments.count == 6)
    }

    @Test func columnsStayWhereTheyWere() {
        let source = #"let name = "é" // naïve"#
        #expect(code(source).utf8.count == source.utf8.count)
    }
}

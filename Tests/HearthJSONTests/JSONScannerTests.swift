import HearthJSON
import Testing

/// What the scanner finds where; what it refuses is told by the tests of the parser, which stands on it.
@Suite struct JSONScannerTests {
    private func scan(_ text: String, maximumDepth: Int = 8) throws -> [JSONNode] {
        try Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(JSONError) in
                try JSONScanner.scan(bytes, subject: "the file", maximumDepth: maximumDepth)
            }
        }.get()
    }

    private func text(_ node: JSONNode, of text: String) -> String {
        String(decoding: Array(text.utf8)[node.range], as: UTF8.self)
    }

    @Test func findsEachValueWithItsKindAndItsBytes() throws {
        let source = #" {"a":[1,-2.5e3,true,false,null],"b\n":"é","c":{}} "#
        let nodes = try scan(source)
        #expect(
            nodes.map(\.kind) == [
                .object, .string, .array, .integer, .decimal, .true, .false, .null, .escapedString, .string, .string,
                .object,
            ])
        #expect(
            nodes.map { text($0, of: source) }.enumerated().filter { ![0, 2, 11].contains($0.offset) }.map(\.element)
                == ["a", "1", "-2.5e3", "true", "false", "null", #"b\n"#, "é", "c"])
        #expect(nodes[0].count == 3 && nodes[2].count == 5 && nodes[11].count == 0)
    }

    @Test func leadsPastWhatANodeHolds() throws {
        // 0 [  1 [  2 1  3 [  4 2  5 3  6 {  7 "k"  8 [  9 4
        let nodes = try scan(#"[[1,[2,3]],{"k":[]},4]"#)
        #expect(nodes.map(\.next) == [10, 6, 3, 6, 5, 6, 9, 8, 9, 10])
        var elements: [JSONNode.Kind] = []
        var index = 1
        while index < Int(nodes[0].next) {
            elements.append(nodes[index].kind)
            index = Int(nodes[index].next)
        }
        #expect(elements == [.array, .object, .integer])
    }

    @Test(arguments: [
        (#"\n\t\r\b\f\/\\\""#, "\n\t\r\u{8}\u{C}/\\\""), (#"\u0041\u00e9\u6f22"#, "Aé漢"), (#"x\uD83D\uDE00y"#, "x😀y"),
        (#"\u0000"#, "\0"), (#"\uFFFF"#, "\u{FFFF}"), (#"\uD800\uDC00\uDBFF\uDFFF"#, "\u{10000}\u{10FFFF}"),
    ]) func resolvesEscapes(written: String, meant: String) throws {
        let nodes = try scan("\"\(written)\"")
        #expect(nodes.count == 1 && nodes[0].kind == .escapedString)
        var bytes: [UInt8] = Array("before".utf8)
        Array(written.utf8).withUnsafeBytes { JSONScanner.unescape($0, into: &bytes) }
        #expect(String(decoding: bytes, as: UTF8.self) == "before" + meant)
    }

    @Test func namesItsSubjectAndTheByte() {
        let error = #expect(throws: JSONError.self) { try scan("[1,x]") }
        #expect(error?.message == "the file is malformed at byte 3: no value starts with this character.")
        #expect(throws: JSONError.self) {
            try scan(String(repeating: "[", count: 9) + String(repeating: "]", count: 9))
        }
        #expect(throws: Never.self) { try scan(String(repeating: "[", count: 8) + String(repeating: "]", count: 8)) }
    }
}

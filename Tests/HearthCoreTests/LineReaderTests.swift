import Foundation
import HearthCore
import HearthTesting
import Testing

@Suite struct LineReaderTests {
    /// What the reader gives of a text that arrives in pieces of `piece` bytes.
    private func lines(_ text: Data, limit: Int, piece: Int) -> [LineReader.Line] {
        var reader = LineReader(limit: limit)
        var lines: [LineReader.Line] = []
        var position = 0
        while position < text.count {
            let end = min(position + piece, text.count)
            reader.append(text[position..<end])
            position = end
            while let line = reader.next() { lines.append(line) }
        }
        if let line = reader.last() { lines.append(line) }
        #expect(reader.last() == nil)
        #expect(reader.position == lines.last?.next ?? 0)
        return lines
    }

    private func texts(_ lines: [LineReader.Line]) -> [String?] {
        lines.map { $0.bytes.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test(arguments: [1, 2, 3, 7, 64]) func linesAreTheSameHoweverTheTextIsCut(piece: Int) {
        let lines = lines(Data("one\r\n\ntwo\rthree is a longer line\n\r\rlast\r".utf8), limit: 100, piece: piece)
        #expect(texts(lines) == ["one", "", "two", "three is a longer line", "", "", "last"])
        #expect(lines.map(\.next) == [5, 6, 10, 33, 34, 35, 40])
    }

    @Test(arguments: [1, 5, 1_000]) func aLineThatIsTooLongIsPassedOver(piece: Int) {
        let long = String(repeating: "x", count: 500)
        let text = Data("a\n\(long)\nb\n\(String(repeating: "y", count: 99))".utf8)
        let lines = lines(text, limit: 20, piece: piece)
        #expect(texts(lines) == ["a", nil, "b", nil])
        #expect(lines.map(\.next) == [2, 503, 505, text.count])
    }

    @Test(arguments: [1, 4, 100]) func aLineMayBeAsLongAsTheLimitAndNotOneByteMore(piece: Int) {
        #expect(
            texts(lines(Data("1234\n12345\n1234\r\n12345\r123\r".utf8), limit: 4, piece: piece)) == [
                "1234", nil, "1234", nil, "123",
            ])
    }

    @Test func anEmptyTextHasNoLineAndALineBreakAloneHasOne() {
        #expect(lines(Data(), limit: 4, piece: 1).isEmpty)
        #expect(texts(lines(Data("\n".utf8), limit: 4, piece: 1)) == [""])
    }

    @Test func offsetsAreCountedFromWhereTheTextBegins() {
        var reader = LineReader(from: 1_000, limit: 10)
        reader.append(Data("a\nb".utf8))
        #expect(reader.next()?.next == 1_002)
        #expect(reader.position == 1_002)
        let last = reader.last()
        #expect(last?.bytes == Data("b".utf8) && last?.next == 1_003)
    }

    @Test(arguments: RepeatableRandom.seeds(4)) func agreesWithSplittingTheWholeText(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        for _ in 0..<100 {
            let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ -> UInt8 in
                random.chance(20) ? 0x0A : random.chance(10) ? 0x0D : .random(in: 0x20...0x7E, using: &random)
            }
            // CRLF is one end, and so are LF and CR each.
            let plain = Array(String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n").utf8)
                .map { $0 == 0x0D ? 0x0A : $0 }
            var expected = plain.split(separator: 0x0A, omittingEmptySubsequences: false).map { line -> Data? in
                line.count > 12 ? nil : Data(line)
            }
            if plain.last == 0x0A || plain.isEmpty { expected.removeLast() }
            let read = lines(Data(bytes), limit: 12, piece: Int.random(in: 1...40, using: &random))
            #expect(read.map(\.bytes) == expected)
        }
    }
}

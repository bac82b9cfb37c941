import HearthCore
import Testing

import struct Foundation.Data

@testable import HearthGenerators

/// Texts of a board: readable in fonts without pictures, and as long as there is room.
@Suite struct BoardTextTests {
    /// Every character is as wide as half the size of the font; lines are 1.2 times as high.
    private struct Ruler: PicturePainter {
        func shape(of picture: Data) throws -> PictureShape {
            PictureShape(size: PixelSize(width: 1, height: 1), isCutout: false)
        }
        func paint(_ painting: Painting) throws -> Data { Data() }
        func thumbnail(of picture: Data, side: Int) throws -> Data { Data() }
        func subject(of picture: Data) throws -> Data { picture }
        func size(of text: PaintedText) throws -> PixelSize {
            let perLine = text.width.map { max(1, Int(Double($0) / (text.fontSize / 2))) } ?? Int.max
            let count = text.text.count
            let lines = count == 0 ? 0 : perLine == .max ? 1 : (count + perLine - 1) / perLine
            let width = Double(min(count, perLine)) * text.fontSize / 2
            return PixelSize(width: Int(width), height: Int(Double(lines) * text.fontSize * 1.2))
        }
    }

    private let text = BoardText(painter: Ruler())

    @Test func theLargestSizeThatFitsIsTaken() throws {
        let fitted = try text.fitted("1234567890", sizes: [40, 20, 10], colour: .white, width: 100, height: 30)
        #expect(fitted?.fontSize == 20)
    }

    @Test func whatDoesNotFitIsCutBetweenWordsAndEndsWithAnEllipsis() throws {
        let fitted = try #require(
            try text.fitted(
                "a girl walks through the rain", sizes: [20], colour: .white, width: 150, height: 24, wraps: false))
        #expect(fitted.text == "a girl walks…")
    }

    @Test func textsWithoutSpacesAreCutBetweenCharacters() throws {
        let fitted = try #require(
            try text.fitted(String(repeating: "雨", count: 100), sizes: [20], colour: .white, width: 100, height: 48))
        #expect(fitted.text == String(repeating: "雨", count: 19) + "…")
    }

    @Test(arguments: [
        ("a girl 🔥 runs", "a girl (fire) runs"), ("rain ☔️.", "rain (umbrella with rain drops)."),
        ("👩‍👧 wave", "(woman, girl) wave"), ("line\nbreak\t tab", "line break tab"), ("1 # 2", "1 # 2"),
        ("© 2026 ™", "© 2026 ™"), ("雨の中、歩く", "雨の中、歩く"), ("تمشي ميرا", "تمشي ميرا"), ("  ", ""),
        ("null\u{0}byte", "nullbyte"),
    ])
    func emojiAreWrittenByTheirNames(text: String, readable: String) {
        #expect(BoardText.readable(text) == readable)
    }

    @Test func whereThereIsNoRoomNothingIsWritten() throws {
        #expect(try text.fitted("words", sizes: [20], colour: .white, width: 0, height: 40) == nil)
        #expect(try text.fitted("words", sizes: [20], colour: .white, width: 4, height: 4) == nil)
    }

    @Test(arguments: [(1_280, 720, "16:9"), (720, 1_280, "9:16"), (1_024, 1_024, "1:1"), (1_928, 800, "2.41:1")])
    func sizesAreNamedByTheirRelation(width: Int, height: Int, name: String) {
        #expect(BoardSlate.aspect(of: PixelSize(width: width, height: height)) == name)
    }
}

import Foundation
import Testing

@testable import HearthCommand

/// The data of an event stream, in whatever pieces it comes.
@Suite struct EventDataReaderTests {
    private func read(_ text: String, piece: Int, limit: Int = 1_000) throws -> [String] {
        var reader = EventDataReader(limit: limit)
        var found: [Data] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            found += try reader.take(bytes[start..<min(start + piece, bytes.count)])
        }
        return found.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [1, 2, 3, 7, 1_000]) func eventsAreFoundInAnyPieces(piece: Int) throws {
        let text =
            ":\n\nevent: message\ndata: {\"a\":1}\n\n:\n\ndata:{\"é\":2}\r\n\r\nid: 7\n\ndata: x\ndata: y\n\ndata: cut"
        #expect(try read(text, piece: piece) == [#"{"a":1}"#, #"{"é":2}"#, "x\ny"])
    }

    @Test func anEventThatIsTooLongEndsTheReading() {
        let line = "data: \(String(repeating: "x", count: 40))\n"
        #expect(throws: EventDataReader.TooLong.self) { try read(line, piece: 5, limit: 30) }
        #expect(throws: EventDataReader.TooLong.self) { try read(line + line, piece: 5, limit: 60) }
    }
}

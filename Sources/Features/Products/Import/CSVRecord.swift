import HearthCore
import HearthJSON

import struct Foundation.Data

/// The fields of one CSV record (RFC 4180), read strictly: a quote stands at the ends of a field or twice within one.
enum CSVRecord {
    /// What a text is as a record.
    enum Reading: Equatable {
        case fields([String])
        /// A quote is not closed: the record may go on in the next line.
        case open
        /// Why it is none.
        case broken(String)
    }

    /// - Parameters:
    ///   - bytes: one or more lines, without the last line break.
    ///   - trims: whether blanks around a field are none of it.
    static func read(_ bytes: Data, delimiter: UInt8, trims: Bool = false) -> Reading {
        let quote = UInt8(ascii: "\"")
        var fields: [String] = []
        var field: [UInt8] = []
        var state = State.start
        for byte in bytes {
            if trims, state == .start || state == .closed, isBlank(byte), byte != delimiter { continue }
            switch (state, byte) {
            case (.start, quote): state = .quoted
            case (.start, delimiter), (.plain, delimiter), (.closed, delimiter):
                guard let text = text(field, trims: trims && state == .plain) else { return .broken(notUTF8) }
                fields.append(text)
                field = []
                state = .start
            case (.plain, quote): return .broken("there is a quote within a field that is not quoted")
            case (.start, _), (.plain, _):
                field.append(byte)
                state = .plain
            case (.quoted, quote): state = .closed
            case (.quoted, _): field.append(byte)
            case (.closed, quote):
                field.append(quote)
                state = .quoted
            case (.closed, _): return .broken("something follows a closing quote")
            }
        }
        guard state != .quoted else { return .open }
        guard let text = text(field, trims: trims && state == .plain) else { return .broken(notUTF8) }
        return .fields(fields + [text])
    }

    private enum State { case start, plain, quoted, closed }

    static let notUTF8 = "it is not UTF-8 (save the file as UTF-8), or \(CombiningMarks.problem)"

    private static func text(_ bytes: [UInt8], trims: Bool) -> String? {
        let end = trims ? bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? 0 : bytes.count
        return String(clientText: bytes[..<end])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Whether a line has nothing but delimiters and blanks: spreadsheets write empty rows so.
    static func isEmpty(_ line: Data) -> Bool {
        line.allSatisfy { isBlank($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
    }

    /// The delimiter of a header line: the most frequent of comma, semicolon and tab.
    static func delimiter(of header: Data) -> UInt8 {
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        let counts = candidates.map { candidate in header.count { $0 == candidate } }
        let best = counts.indices.max { (counts[$0], $1) < (counts[$1], $0) } ?? 0
        return candidates[best]
    }
}

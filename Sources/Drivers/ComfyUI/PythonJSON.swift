import HearthCore
import HearthJSON

import struct Foundation.Data

/// Reads JSON as Python writes it.
///
/// Python writes `NaN` and `Infinity`, whole numbers beyond 64 bits (seeds), and halves of surrogate pairs (names of
/// files that are not UTF-8). None of it is JSON; a number becomes `null` or loses digits, a half becomes U+FFFD.
enum PythonJSON {
    /// - Throws: ``HearthError`` `invalid_request` for what is no JSON in other ways as well.
    static func read(_ bytes: Data) throws(HearthError) -> JSONValue {
        do throws(HearthError) {
            return try JSONParser.read(bytes)
        } catch {
            return try JSONParser.read(strict(bytes))
        }
    }

    /// The same text as JSON.
    static func strict(_ bytes: Data) -> Data {
        var rewriter = Rewriter(input: Array(bytes))
        return Data(rewriter.rewrite())
    }

    private struct Rewriter {
        let input: [UInt8]
        var output: [UInt8] = []
        var place = 0

        /// Whole numbers of so many digits fit into 64 bits.
        private static let digits = 18

        init(input: [UInt8]) {
            self.input = input
            output.reserveCapacity(input.count)
        }

        mutating func rewrite() -> [UInt8] {
            while place < input.count {
                switch input[place] {
                case UInt8(ascii: "\""): string()
                case UInt8(ascii: "N"), UInt8(ascii: "I"), UInt8(ascii: "-"): word()
                case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
                default: copy()
                }
            }
            return output
        }

        /// A number that is none; what is no such word is copied.
        private mutating func word() {
            if take("NaN") || take("Infinity") || take("-Infinity") {
                output += Array("null".utf8)
            } else {
                copy()
            }
        }

        private mutating func copy() {
            output.append(input[place])
            place += 1
        }

        private mutating func take(_ word: StaticString) -> Bool {
            let end = place + word.utf8CodeUnitCount
            guard end <= input.count else { return false }
            let isThere = word.withUTF8Buffer { input[place..<end].elementsEqual($0) }
            if isThere { place = end }
            return isThere
        }

        /// A long whole number becomes one with a fraction, which has no bound of digits.
        private mutating func number() {
            let start = place
            var isWhole = true
            while place < input.count {
                switch input[place] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): break
                case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                    isWhole = false
                default:
                    finish(start, isWhole)
                    return
                }
                place += 1
            }
            finish(start, isWhole)
        }

        private mutating func finish(_ start: Int, _ isWhole: Bool) {
            output += input[start..<place]
            if isWhole, place - start > Self.digits { output += Array(".0".utf8) }
        }

        private mutating func string() {
            copy()
            while place < input.count {
                switch input[place] {
                case UInt8(ascii: "\""): return copy()
                case UInt8(ascii: "\\"): escape()
                default: copy()
                }
            }
        }

        private mutating func escape() {
            guard let unit = unit(at: place) else {
                copy()
                if place < input.count { copy() }
                return
            }
            switch unit {
            case 0xD800...0xDBFF:
                if let low = self.unit(at: place + 6), (0xDC00...0xDFFF).contains(low) {
                    output += input[place..<place + 12]
                    place += 12
                } else {
                    replace()
                }
            case 0xDC00...0xDFFF: replace()
            default:
                output += input[place..<place + 6]
                place += 6
            }
        }

        private mutating func replace() {
            output += Array("\\ufffd".utf8)
            place += 6
        }

        /// The UTF-16 code unit that six bytes spell: a backslash, `u`, four hexadecimal digits; nil when they do not.
        private func unit(at place: Int) -> Int? {
            guard place + 6 <= input.count, input[place] == UInt8(ascii: "\\"), input[place + 1] == UInt8(ascii: "u")
            else { return nil }
            return Int(String(decoding: input[place + 2..<place + 6], as: UTF8.self), radix: 16)
        }
    }
}

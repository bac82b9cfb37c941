import Foundation
import HearthCore

/// The text of a `tokenizer.json`, with the places of its values.
///
/// Vocabularies hold up to half a million strings, and some that differ only in Unicode normalisation, so they are
/// neither parsed into values one by one nor compared as `String`: the values are a flat list in document order, each
/// knowing where its bytes are and where the next value on its level is.
final class TokenizerDocument: Sendable {
    enum Kind: UInt8 {
        case object
        case array
        /// Without escapes: its bytes stand in the text.
        case string
        case escapedString
        case number
        case yes
        case no
        case null
    }

    struct Node {
        let kind: Kind
        /// Of the content: strings without their quotes.
        let start: UInt32
        var end: UInt32
        /// Index of the first node behind this one and all that it holds.
        var next: UInt32
    }

    let bytes: [UInt8]
    let nodes: [Node]

    /// - Throws: ``HearthError`` `invalid_configuration`.
    init(_ data: Data) throws(HearthError) {
        guard data.count <= Limits.tokenizerBytes else {
            throw HearthError(
                .invalidConfiguration, "tokenizer.json has \(data.count) bytes.",
                hint: "At most \(Limits.tokenizerBytes) are allowed.")
        }
        let bytes = [UInt8](data)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw HearthError(.invalidConfiguration, "tokenizer.json is not valid UTF-8.")
        }
        var scanner = TokenizerScanner(bytes)
        nodes = try scanner.scan()
        self.bytes = bytes
    }

    var root: TokenizerField { TokenizerField(document: self, node: 0, path: "") }

    /// The bytes of a string, with its escapes resolved, in place of those of `buffer`.
    func read(_ node: Int, into buffer: inout [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        let range = Int(nodes[node].start)..<Int(nodes[node].end)
        guard nodes[node].kind == .escapedString else {
            buffer.append(contentsOf: bytes[range])
            return
        }
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\\") {
                position = appendEscape(at: position, to: &buffer)
            } else {
                buffer.append(byte)
            }
        }
    }

    /// One escape, which the scanner has checked; `position` is behind its backslash. Returns where it ends.
    private func appendEscape(at position: Int, to buffer: inout [UInt8]) -> Int {
        switch bytes[position] {
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            let first = hexadecimal(at: position + 1)
            guard (0xD800..<0xDC00).contains(first) else {
                UTF8Text.append(first, to: &buffer)
                return position + 5
            }
            let second = hexadecimal(at: position + 7)
            UTF8Text.append(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), to: &buffer)
            return position + 11
        default: buffer.append(bytes[position])
        }
        return position + 1
    }

    private func hexadecimal(at position: Int) -> UInt32 {
        bytes[position..<position + 4].reduce(0) { $0 << 4 | (TokenizerScanner.hexadecimal($1) ?? 0) }
    }

    /// A number as the reference's reader (serde_json) makes it: the digits as an integer, divided by a power of ten.
    ///
    /// The last bit may differ from the nearest double, and with it the choice between two segmentations of equal
    /// score, so the same steps are taken here. Nil when it is beyond a double.
    func number(_ node: Int) -> Double? {
        var digits: UInt64 = 0
        var exponent = 0
        var isFull = false
        var isFraction = false
        var position = Int(nodes[node].start)
        let end = Int(nodes[node].end)
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        while position < end {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                exponent += powerOfTen(position..<end)
                break
            }
            let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            isFull = isFull || overflow || carry
            if isFull {
                if !isFraction { exponent += 1 }
            } else {
                digits = sum
                if isFraction { exponent -= 1 }
            }
        }
        return Self.scaled(Double(digits), by: exponent).map { isNegative ? -$0 : $0 }
    }

    /// The digits behind the "e" of a number; held to what no double reaches, so that sums cannot overflow.
    private func powerOfTen(_ range: Range<Int>) -> Int {
        let value = bytes[range].reduce(0) { value, byte in
            byte < UInt8(ascii: "0") ? value : min(value * 10 + Int(byte - UInt8(ascii: "0")), 100_000)
        }
        return bytes[range.lowerBound] == UInt8(ascii: "-") ? -value : value
    }

    private static let powersOfTen: [Double] = (0...308).map { Double("1e\($0)") ?? .infinity }

    private static func scaled(_ value: Double, by exponent: Int) -> Double? {
        var value = value
        var exponent = exponent
        while exponent < -308, value != 0 {
            value /= 1e308
            exponent += 308
        }
        guard value != 0 else { return 0 }
        guard exponent <= 308 else { return nil }
        value = exponent < 0 ? value / powersOfTen[-exponent] : value * powersOfTen[exponent]
        return value.isFinite ? value : nil
    }
}

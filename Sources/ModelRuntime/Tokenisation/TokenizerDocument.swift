import Foundation
import HearthCore
import HearthJSON

/// The text of a `tokenizer.json`, with the places of its values.
///
/// Vocabularies hold up to half a million strings, and some that differ only in Unicode normalisation, so they are
/// neither parsed into values one by one nor compared as `String`, but read where ``JSONScanner`` finds them.
final class TokenizerDocument: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]

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
        let nodes = bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in
                try JSONScanner.scan(
                    bytes, subject: "tokenizer.json", maximumDepth: JSONParser.maximumDepth,
                    expectedNodes: bytes.count / 10)
            }
        }
        do {
            self.nodes = try nodes.get()
        } catch {
            throw HearthError(.invalidConfiguration, error.message)
        }
        self.bytes = bytes
        for node in self.nodes where node.isString && bytes[node.range].contains(where: { $0 < 0x20 }) {
            throw HearthError(
                .invalidConfiguration,
                "tokenizer.json has a bare control character in the string at byte \(node.start).")
        }
    }

    var root: TokenizerField { TokenizerField(document: self, node: 0, path: "") }

    /// The bytes of a string, with its escapes resolved, in place of those of `buffer`.
    func read(_ node: Int, into buffer: inout [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        let range = nodes[node].range
        guard nodes[node].kind == .escapedString else {
            buffer.append(contentsOf: bytes[range])
            return
        }
        bytes.withUnsafeBytes { bytes in
            JSONScanner.unescape(UnsafeRawBufferPointer(rebasing: bytes[range]), into: &buffer)
        }
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
        var position = nodes[node].range.lowerBound
        let end = nodes[node].range.upperBound
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

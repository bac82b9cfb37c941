import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import Hummingbird
package import NIOCore
import NIOFoundationEssentialsCompat

/// How a vector is written.
enum VectorEncoding: String, Sendable {
    case float
    /// float32, little-endian.
    case base64
}

extension RequestFields {
    /// `encoding_format`; numbers when it is absent.
    /// - Throws: ``HearthError`` `invalid_request`.
    func encoding() throws(HearthError) -> VectorEncoding {
        let format = try string("encoding_format") ?? VectorEncoding.float.rawValue
        guard let encoding = VectorEncoding(rawValue: format) else {
            throw HearthError(
                .invalidRequest, "`encoding_format` is not one of `float` and `base64`.",
                hint: "Both give the same numbers.")
        }
        return encoding
    }
}

/// Writes JSON with vectors in it: numbers go to the buffer as they are, without a value for each of them.
struct VectorText {
    private(set) var buffer = ByteBuffer()

    mutating func raw(_ text: StaticString) { buffer.writeStaticString(text) }

    mutating func value(_ value: JSONValue) { buffer.writeBytes(value.encoded()) }

    /// The shortest decimals that read back as the same floats; JSON has no word for others than finite ones.
    mutating func vector(_ vector: [Float]) {
        buffer.reserveCapacity(minimumWritableBytes: vector.count * 13 + 2)
        buffer.writeJSONNumbers(vector)
    }

    /// The floats in little-endian order as base64, without its quotes.
    mutating func base64(_ vector: [Float]) {
        let words = vector.map { $0.bitPattern.littleEndian }
        buffer.writeBytes(words.withUnsafeBytes { Data($0) }.base64EncodedData())
    }

    /// The floats as numbers or as a text.
    mutating func vector(_ vector: [Float], as encoding: VectorEncoding) {
        switch encoding {
        case .float: self.vector(vector)
        case .base64:
            raw("\"")
            base64(vector)
            raw("\"")
        }
    }

    /// A list, with a comma between its elements.
    mutating func list<Element>(_ elements: [Element], write: (inout VectorText, Element) -> Void) {
        raw("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { raw(",") }
            write(&self, element)
        }
        raw("]")
    }

    /// The text as an answer.
    func response(_ headers: HTTPFields = [:]) -> Response {
        var (headers, buffer) = (headers, buffer)
        buffer.writeStaticString("\n")
        headers[.contentType] = "application/json; charset=utf-8"
        headers[.contentLength] = String(buffer.readableBytes)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }
}

extension ByteBuffer {
    /// Writes `string` as a JSON string with its quotes (RFC 8259, section 7).
    package mutating func writeJSONString(_ string: String) {
        writeInteger(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): writeStaticString(#"\""#)
            case UInt8(ascii: "\\"): writeStaticString(#"\\"#)
            case 0x0A: writeStaticString(#"\n"#)
            case 0x0D: writeStaticString(#"\r"#)
            case 0x09: writeStaticString(#"\t"#)
            case 0..<0x20:
                writeStaticString(#"\u00"#)
                writeInteger(Self.hexDigit(byte >> 4))
                writeInteger(Self.hexDigit(byte & 15))
            default: writeInteger(byte)
            }
        }
        writeInteger(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension ByteBuffer {
    /// Writes float32 numbers as a JSON array, each with the fewest digits that read back as the same float32.
    ///
    /// JSON has no word for NaN and infinity: they become `null`.
    mutating func writeJSONNumbers(_ values: [Float]) {
        writeJSONArray(values) { $0.writeString($1.isFinite ? $1.description : "null") }
    }

    /// Writes integers as a JSON array.
    mutating func writeJSONNumbers(_ values: [some FixedWidthInteger]) {
        writeJSONArray(values) { $0.writeString(String($1)) }
    }

    /// Writes a JSON array with what `write` writes for each element.
    mutating func writeJSONArray<Element>(_ values: [Element], _ write: (inout ByteBuffer, Element) -> Void) {
        writeInteger(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { writeInteger(UInt8(ascii: ",")) }
            write(&self, value)
        }
        writeInteger(UInt8(ascii: "]"))
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// Writes JSON with vectors in it: numbers go to the buffer as they are, without a value for each of them.
struct VectorText {
    private(set) var buffer = ByteBuffer()

    mutating func raw(_ text: StaticString) { buffer.writeStaticString(text) }

    mutating func value(_ value: JSONValue) { buffer.writeBytes(value.encoded()) }

    /// The shortest decimals that read back as the same floats; JSON has no word for others than finite ones.
    mutating func vector(_ vector: [Float]) {
        buffer.reserveCapacity(minimumWritableBytes: vector.count * 13 + 2)
        buffer.writeInteger(UInt8(ascii: "["))
        for (index, value) in vector.enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeString(value.isFinite ? value.description : "null")
        }
        buffer.writeInteger(UInt8(ascii: "]"))
    }

    /// The floats in little-endian order as base64, without its quotes.
    mutating func base64(_ vector: [Float]) {
        let words = vector.map { $0.bitPattern.littleEndian }
        buffer.writeBytes(words.withUnsafeBytes { Data($0) }.base64EncodedData())
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
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        headers[.contentLength] = String(buffer.readableBytes)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }
}

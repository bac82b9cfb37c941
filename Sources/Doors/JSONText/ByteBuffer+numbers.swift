import NIOCore

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

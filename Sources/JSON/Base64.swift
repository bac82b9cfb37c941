package import Foundation

/// Base64 (RFC 4648) to bytes at memory speed: the way pictures travel in JSON.
package enum Base64 {
    /// Decodes `text`: standard and URL-safe alphabet, padding optional, white space between characters ignored,
    /// with or without a `data:…;base64,` prefix.
    ///
    /// - Parameter field: the name of the field in error messages.
    /// - Throws: ``JSONError``; the message has the offset of the character.
    package static func decode(
        _ text: UnsafeRawBufferPointer, field: String = "base64"
    ) throws(JSONError) -> Data {
        let start = try prefixLength(text, field)
        let capacity = (text.count - start) / 4 * 3 + 3
        let output = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        do throws(JSONError) {
            let count = try tables.withBuffer { tables throws(JSONError) in
                var run = Base64Run(text: text, position: start, output: output, tables: tables)
                return try run.decode(field)
            }
            return Data(bytesNoCopy: output, count: count, deallocator: .custom { pointer, _ in pointer.deallocate() })
        } catch {
            output.deallocate()
            throw error
        }
    }

    /// Decodes a string; see ``decode(_:field:)-(UnsafeRawBufferPointer,_)``.
    /// - Throws: ``JSONError``; the message has the offset of the character.
    package static func decode(_ text: String, field: String = "base64") throws(JSONError) -> Data {
        var text = text
        return try text.withUTF8 { bytes -> Result<Data, JSONError> in
            do throws(JSONError) {
                return .success(try decode(UnsafeRawBufferPointer(bytes), field: field))
            } catch { return .failure(error) }
        }.get()
    }

    /// Offset behind `data:…;base64,`, 0 when the text does not start with `data:`.
    private static func prefixLength(_ text: UnsafeRawBufferPointer, _ field: String) throws(JSONError) -> Int {
        guard text.count >= 5, matches(text, at: 0, "data:") else { return 0 }
        let window = 0..<min(text.count, longestPrefix)
        guard let comma = text.firstOffset(of: UInt8(ascii: ","), in: window), comma >= 12,
            matches(text, at: comma - 7, ";base64")
        else {
            throw JSONError(
                "`\(field)` is a data URL that is not base64.",
                hint: "Send `data:image/…;base64,` and the base64 text, or the base64 text alone.")
        }
        return comma + 1
    }

    /// Longest `data:` prefix that is looked at, in bytes.
    private static let longestPrefix = 256

    private static func matches(_ text: UnsafeRawBufferPointer, at offset: Int, _ word: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard offset >= 0, offset + letters.count <= text.count else { return false }
        return letters.indices.allSatisfy { [text[offset + $0], text[offset + $0] | 0x20].contains(letters[$0]) }
    }

    private static let tables = Base64Tables()
}

import Foundation
import HearthCore

/// Writes texts into PNG files (ISO/IEC 15948, 11.3.4), behind the header.
enum PNGText {
    /// A keyword and its text.
    struct Chunk: Equatable {
        /// 1…79 characters of Latin-1.
        let keyword: String
        let text: String
    }

    private static let signature = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    /// Signature, and the header with its length, type and check sum.
    private static let headerEnd = 8 + 25

    /// The file with the texts: `tEXt` for those of Latin-1, `iTXt` for the others, as Python's imaging library writes
    /// them.
    /// - Throws: ``HearthError`` `internal_error` when the bytes are no PNG file.
    static func added(_ chunks: [Chunk], to file: Data) throws(HearthError) -> Data {
        guard file.count > headerEnd, file.prefix(8) == signature else {
            throw HearthError(.internalError, "The picture is no PNG file.")
        }
        var result = Data(file.prefix(headerEnd))
        for chunk in chunks { result.append(bytes(of: chunk)) }
        result.append(file.dropFirst(headerEnd))
        return result
    }

    private static func bytes(of chunk: Chunk) -> Data {
        let isLatin = chunk.text.unicodeScalars.allSatisfy { $0.value < 256 && $0.value != 0 }
        var body = Data(chunk.keyword.utf8)
        if isLatin {
            body.append(0)
            body.append(contentsOf: chunk.text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        } else {
            // Not compressed, no language, no translated keyword.
            body.append(contentsOf: [0, 0, 0, 0, 0])
            body.append(contentsOf: chunk.text.utf8)
        }
        let typed = Data((isLatin ? "tEXt" : "iTXt").utf8) + body
        let checksum = typed.withUnsafeBytes { CRC32.checksum($0) }
        return bigEndian(UInt32(body.count)) + typed + bigEndian(checksum)
    }

    private static func bigEndian(_ value: UInt32) -> Data {
        withUnsafeBytes(of: value.bigEndian) { Data($0) }
    }
}

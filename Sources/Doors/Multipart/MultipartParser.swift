package import HearthCore
import HearthJSON
package import NIOCore

import struct Foundation.Data

/// Reads `multipart/form-data` bodies strictly (RFC 7578 on RFC 2046, section 5.1) without copying their content.
///
/// What stands before the first delimiter and after the last one is passed over, header lines may be folded, every part
/// has a name, and all limits hold before anything is kept. It is handed whole bodies, whose length the door has
/// bounded.
package struct MultipartParser: Sendable {
    /// What separates the parts: `CR LF -- boundary`.
    private let delimiter: [UInt8]
    private let search: DelimiterSearch
    private let maximumParts: Int
    private let maximumHeaderBytes: Int

    /// - Parameter contentType: the request's `Content-Type`.
    /// - Throws: ``HearthError`` `unsupported_media_type` for another type, `invalid_request` for a bad boundary.
    package init(
        contentType: String, maximumParts: Int = Limits.multipartParts,
        maximumHeaderBytes: Int = Limits.headerBytes
    ) throws(HearthError) {
        guard let value = HeaderValue(contentType), value.value.lowercased() == "multipart/form-data" else {
            throw HearthError(
                .unsupportedMediaType, "The body is not multipart/form-data.",
                hint: "Send Content-Type: multipart/form-data with a boundary.")
        }
        guard let boundary = value["boundary"] else {
            throw HearthError(.invalidRequest, "The Content-Type names no boundary.")
        }
        try self.init(boundary: boundary, maximumParts: maximumParts, maximumHeaderBytes: maximumHeaderBytes)
    }

    /// - Parameter boundary: 1 to 70 characters of RFC 2046's `bchars`, not ending with a space.
    /// - Throws: ``HearthError`` `invalid_request`.
    package init(
        boundary: String, maximumParts: Int = Limits.multipartParts, maximumHeaderBytes: Int = Limits.headerBytes
    ) throws(HearthError) {
        let bytes = Array(boundary.utf8)
        guard (1...70).contains(bytes.count), bytes.last != UInt8(ascii: " "),
            bytes.allSatisfy(Self.isBoundaryByte)
        else {
            throw HearthError(
                .invalidRequest, "The multipart boundary is not allowed.",
                hint: "A boundary has 1 to 70 letters, digits and '()+_,-./:=? characters.")
        }
        delimiter = Array("\r\n--".utf8) + bytes
        search = DelimiterSearch(delimiter)
        self.maximumParts = maximumParts
        self.maximumHeaderBytes = maximumHeaderBytes
    }

    /// The parts of `body`'s readable bytes, in order; ranges count from its reader index.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func parts(of body: ByteBuffer) throws(HearthError) -> [MultipartPart] {
        // The closure of a buffer cannot carry a typed error: it travels as a value.
        try body.withUnsafeReadableBytes { bytes in
            Result { () throws(HearthError) in try parts(of: bytes) }
        }.get()
    }

    /// The parts of `body`, in order; ranges count from its beginning.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func parts(of body: UnsafeRawBufferPointer) throws(HearthError) -> [MultipartPart] {
        var parts: [MultipartPart] = []
        var position = try firstDelimiterEnd(in: body)
        while try !isLast(in: body, at: &position) {
            guard parts.count < maximumParts else {
                throw HearthError(
                    .invalidRequest, "The multipart body has too many parts.", hint: "At most \(maximumParts) parts.")
            }
            var header = PartHeader()
            try readHeader(&header, of: body, at: &position)
            guard let end = search.first(in: body, from: position - 2) else {
                throw Self.malformed("its end is missing")
            }
            guard let name = header.name else { throw Self.malformed("a part has no name") }
            // An empty part's delimiter shares its line break with the blank line before.
            let content = position..<max(position, end)
            parts.append(
                MultipartPart(
                    name: name, fileName: header.fileName, contentType: header.contentType, range: content))
            position = end + delimiter.count
        }
        return parts
    }

    /// Offset behind the first delimiter, which has no line break before it when nothing is before it.
    private func firstDelimiterEnd(in body: UnsafeRawBufferPointer) throws(HearthError) -> Int {
        let count = delimiter.count - 2
        if body.prefix(count).elementsEqual(delimiter.dropFirst(2)) { return count }
        guard let preamble = search.first(in: body, from: 0) else {
            throw Self.malformed("its boundary is not in it")
        }
        return preamble + delimiter.count
    }

    /// Reads what follows a boundary: `--` and the end, or a line break and a part.
    private func isLast(
        in body: UnsafeRawBufferPointer, at position: inout Int
    ) throws(HearthError) -> Bool {
        if Self.has("--", in: body, at: position) {
            position += 2
            Self.skipPadding(in: body, at: &position)
            guard position == body.count || Self.has("\r\n", in: body, at: position) else {
                throw Self.malformed("something follows its end")
            }
            return true
        }
        Self.skipPadding(in: body, at: &position)
        guard Self.has("\r\n", in: body, at: position) else { throw Self.malformed("a boundary's line goes on") }
        position += 2
        return false
    }

    /// Reads header lines up to the blank line; `position` is then the content's beginning.
    private func readHeader(
        _ header: inout PartHeader, of body: UnsafeRawBufferPointer, at position: inout Int
    ) throws(HearthError) {
        let limit = position + maximumHeaderBytes
        var folded: [UInt8] = []
        while true {
            let start = position
            while position < body.count, body[position] != UInt8(ascii: "\r") {
                guard position < limit else {
                    throw HearthError(
                        .invalidRequest, "The headers of a part are too long.",
                        hint: "At most \(maximumHeaderBytes) bytes.")
                }
                position += 1
            }
            guard Self.has("\r\n", in: body, at: position) else {
                throw Self.malformed("the headers of a part do not end")
            }
            let end = position
            position += 2
            guard end > start else { return }
            // A line that begins with a blank belongs to the one before (RFC 5322, section 2.2.3).
            if let next = position < body.count ? body[position] : nil, Self.isBlank(next) {
                folded.append(contentsOf: body[start..<end])
                continue
            }
            if folded.isEmpty {
                try header.read(UnsafeRawBufferPointer(rebasing: body[start..<end]))
            } else {
                folded.append(contentsOf: body[start..<end])
                let line = Data(folded)
                folded.removeAll(keepingCapacity: true)
                try line.withBytes { line throws(HearthError) in try header.read(line) }
            }
        }
    }

    private static func has(_ text: StaticString, in body: UnsafeRawBufferPointer, at position: Int) -> Bool {
        guard position + text.utf8CodeUnitCount <= body.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { body[position + $0] == text.utf8Start[$0] }
    }

    /// Spaces and tabs that a gateway may have added behind a boundary (RFC 2046: `transport-padding`).
    private static func skipPadding(in body: UnsafeRawBufferPointer, at position: inout Int) {
        while position < body.count, isBlank(body[position]) { position += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isBoundaryByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }

    static func malformed(_ what: String) -> HearthError {
        HearthError(.invalidRequest, "The multipart body is malformed: \(what).")
    }
}

package import NIOCore

/// One part of a `multipart/form-data` body (RFC 7578).
package struct MultipartPart: Sendable, Equatable {
    /// The field's name; several parts may share one.
    package let name: String
    /// What the client calls its file: information only, never a path.
    package let fileName: String?
    /// The media type as it was written, parameters included; nil means `text/plain`.
    package let contentType: String?
    /// The content, as offsets from the beginning of the body.
    package let range: Range<Int>

    package init(name: String, fileName: String?, contentType: String?, range: Range<Int>) {
        self.name = name
        self.fileName = fileName
        self.contentType = contentType
        self.range = range
    }

    /// The content within the body it was found in, without a copy; nil when `body` is another, shorter one.
    package func bytes(in body: ByteBuffer) -> ByteBuffer? {
        body.getSlice(at: body.readerIndex + range.lowerBound, length: range.count)
    }
}

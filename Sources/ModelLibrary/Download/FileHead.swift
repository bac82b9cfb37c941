/// What a server announces before the bytes.
package struct FileHead: Sendable, Equatable {
    package var status: Int
    /// Bytes of this body; nil when the server does not say.
    package var length: Int?
    /// Whether the end of the body is marked, so that a cut shows: by its length or by chunks.
    package var isDelimited: Bool
    /// `Content-Range`: the first byte, and the length of the whole file where it is known.
    package var rangeStart: Int?
    package var rangeTotal: Int?
    /// Strong ETag, else Last-Modified; nil: nothing says whether a later answer is the same file.
    package var validator: String?
    /// Content coding other than identity.
    package var encoding: String?
    /// Seconds after which the server wants to be asked again.
    package var retryAfter: Int?

    package init(
        status: Int, length: Int? = nil, isDelimited: Bool? = nil, rangeStart: Int? = nil, rangeTotal: Int? = nil,
        validator: String? = nil, encoding: String? = nil, retryAfter: Int? = nil
    ) {
        self.status = status
        self.length = length
        self.isDelimited = isDelimited ?? (length != nil)
        self.rangeStart = rangeStart
        self.rangeTotal = rangeTotal
        self.validator = validator
        self.encoding = encoding
        self.retryAfter = retryAfter
    }
}

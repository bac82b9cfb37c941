package import Foundation

/// Where files come from: HTTP in the programs, a script in tests.
package protocol FileSource {
    /// Asks for the rest of a file.
    /// - Throws: ``FileSourceFailure``; `HearthError` when no attempt can help.
    func open(_ request: FileRequest) async throws -> FileAnswer
}

/// The rest of a file is wanted.
package struct FileRequest: Sendable, Equatable {
    /// Where the file is, as an URL.
    package var address: String
    /// First byte that is wanted; 0: the whole file.
    package var offset: Int
    /// ETag or Last-Modified of the bytes before `offset`: when it no longer holds, the whole file is wanted (RFC 9110,
    /// If-Range).
    package var validator: String?

    package init(address: String, offset: Int = 0, validator: String? = nil) {
        self.address = address
        self.offset = offset
        self.validator = validator
    }
}

/// A server's answer: what it announces, and the bytes as they arrive.
package struct FileAnswer {
    /// What the server says of the bytes before they come.
    package let head: FileHead
    /// Ends with the body; throws ``FileSourceFailure`` when it is cut or stalls.
    package let body: any AsyncSequence<Data, any Error>

    package init(head: FileHead, body: any AsyncSequence<Data, any Error>) {
        self.head = head
        self.body = body
    }
}

/// A passing trouble of a connection: another attempt may help.
package enum FileSourceFailure: Error, Sendable, Equatable {
    /// No connection, or none in time.
    case unreachable(String)
    /// The connection ended before the body did.
    case cut
    /// Nothing arrived for ``Limits/downloadStall``.
    case stalled
}

/// What a server announces before the bytes.
package struct FileHead: Sendable, Equatable {
    /// As HTTP has it.
    package var status: Int
    /// Bytes of this body; nil when the server does not say.
    package var length: Int?
    /// Whether the end of the body is marked, so that a cut shows: by its length or by chunks.
    package var isDelimited: Bool
    /// `Content-Range`: the first byte, and the length of the whole file where it is known.
    package var rangeStart: Int?
    /// Length of the whole file, when a part of it was answered; nil: not said.
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

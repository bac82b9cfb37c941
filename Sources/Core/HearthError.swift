package import HearthJSON

package import struct Foundation.Data

/// The one error that crosses module boundaries: a stable code, a message that is safe to show, and a hint that says
/// what is allowed.
///
/// Doors own the table from ``Code`` to their own language (HTTP status, exit code). `cause` is for the log only.
package struct HearthError: Error, Sendable {
    /// A stable, open set of names in snake case; clients may switch on them.
    package struct Code: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
        /// The name, in snake case.
        package let rawValue: String

        /// A code by its name; any name is one.
        package init(rawValue: String) { self.rawValue = rawValue }
        /// A code by its name; any name is one.
        package init(stringLiteral value: String) { rawValue = value }

        /// The request is malformed: broken JSON, a missing field, a value outside its limits.
        package static let invalidRequest: Code = "invalid_request"
        /// The bytes are not a picture that Hearth accepts.
        package static let invalidImage: Code = "invalid_image"
        /// The picture has more pixels than the limit; refused before any are allocated.
        package static let imageTooLarge: Code = "image_too_large"
        /// The bytes are a picture or a body of a kind that is not supported.
        package static let unsupportedMediaType: Code = "unsupported_media_type"
        /// The body is longer than its limit.
        package static let bodyTooLarge: Code = "body_too_large"
        /// No such thing, or it belongs to another tenant.
        package static let notFound: Code = "not_found"
        /// The path exists, the method does not.
        package static let methodNotAllowed: Code = "method_not_allowed"
        /// The form is readable, and what it says makes no sense for the thing that it is about.
        package static let unprocessable: Code = "unprocessable_content"
        /// The state of the thing forbids it: a name that is taken, a job that has ended.
        package static let conflict: Code = "conflict"
        /// The key that makes a call idempotent belongs to another request of the tenant.
        package static let idempotencyKeyReused: Code = "idempotency_key_reused"
        /// No credential, or a wrong one.
        package static let unauthorized: Code = "unauthorized"
        /// The credential does not allow it.
        package static let forbidden: Code = "forbidden"
        /// The key or its tenant has sent more requests than it may; try again later.
        package static let rateLimited: Code = "rate_limited"
        /// The tenant has as much as it may have.
        package static let quotaExceeded: Code = "quota_exceeded"
        /// A queue is full; try again later.
        package static let overloaded: Code = "overloaded"
        /// The model is loading, or no worker runs; try again later.
        package static let modelNotReady: Code = "model_not_ready"
        /// The call did not end within its deadline.
        package static let deadlineExceeded: Code = "deadline_exceeded"
        /// The client did not send its request in time.
        package static let requestTimeout: Code = "request_timeout"
        /// The disk is full; nothing was written.
        package static let insufficientStorage: Code = "insufficient_storage"
        /// The store or the files cannot be written now; nothing was written.
        package static let storageUnavailable: Code = "storage_unavailable"
        /// One file cannot be read although its folder can: it is damaged, or not ours to read.
        package static let fileUnreadable: Code = "file_unreadable"
        /// The data folder was written by a newer Hearth.
        package static let schemaTooNew: Code = "schema_too_new"
        /// A file could not be downloaded, or is not the one that was expected.
        package static let downloadFailed: Code = "download_failed"
        /// The set-up is wrong: a flag, a variable, a model folder.
        package static let invalidConfiguration: Code = "invalid_configuration"
        /// A fault of Hearth itself; the cause is in the log.
        package static let internalError: Code = "internal_error"
    }

    /// What kind of failure it is; doors choose their status by it.
    package let code: Code
    /// One sentence, safe to show: what was wrong.
    package let message: String
    /// One sentence, safe to show: what is allowed, or what to do next.
    package let hint: String?
    /// Seconds after which a new attempt makes sense.
    package let retryAfter: Int?
    /// More than a sentence can say, safe to show and bounded: which of many items were wrong, and why.
    package let details: JSONValue?
    /// What lies beneath; logged, never shown.
    package let cause: (any Error)?

    /// An error of a kind, in words for people.
    ///
    /// - Parameters:
    ///   - message: one sentence, safe to show.
    ///   - hint: one sentence, safe to show: what is allowed, or what to do next.
    ///   - retryAfter: seconds.
    ///   - cause: for the log only.
    package init(
        _ code: Code, _ message: String, hint: String? = nil, retryAfter: Int? = nil, details: JSONValue? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.retryAfter = retryAfter
        self.details = details
        self.cause = cause
    }
}

extension HearthError: CustomStringConvertible {
    /// Safe to show: code, message and hint, never the cause.
    package var description: String {
        hint.map { "\(message) \($0) [\(code.rawValue)]" } ?? "\(message) [\(code.rawValue)]"
    }
}

extension HearthError {
    /// What is wrong with JSON that a client sent, or `internal_error` for a type that JSON cannot hold.
    ///
    /// An error of Hearth that a type's own initialiser has thrown while it was decoded is given back as it was.
    package init(_ error: JSONError) {
        if let cause = error.cause as? HearthError {
            self = cause
            return
        }
        self.init(
            error.kind == .fault ? .internalError : .invalidRequest, error.message, hint: error.hint,
            cause: error.cause ?? error)
    }
}

// The same functions with Hearth's own error, for text that comes from a client.

extension JSONParser {
    /// ``parse(_:maximumDepth:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func read(_ bytes: Data) throws(HearthError) -> JSONValue {
        do { return try parse(bytes) } catch { throw HearthError(error) }
    }

    /// ``parse(_:maximumDepth:maximumValues:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, maximumValues: Int = JSONParser.maximumValues
    ) throws(HearthError) -> JSONValue {
        do { return try parse(bytes, maximumValues: maximumValues) } catch { throw HearthError(error) }
    }

    /// ``document(_:largeStrings:maximumDepth:maximumValues:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func readDocument(
        _ body: Data, largeStrings: Set<String> = [], maximumValues: Int = JSONParser.maximumValues
    ) throws(HearthError) -> JSONDocument {
        do {
            return try document(body, largeStrings: largeStrings, maximumValues: maximumValues)
        } catch {
            throw HearthError(error)
        }
    }
}

extension JSONDocument {
    /// ``base64(_:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func readBase64(_ key: String) throws(HearthError) -> Data? {
        do { return try base64(key) } catch { throw HearthError(error) }
    }
}

extension Base64 {
    /// ``decode(_:field:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func read(_ text: String, field: String = "base64") throws(HearthError) -> Data {
        do { return try decode(text, field: field) } catch { throw HearthError(error) }
    }
}

extension JSONValueDecoder {
    /// ``decode(_:from:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`, or what the type's own initialiser throws.
    package static func read<Value: Decodable>(
        _ type: Value.Type, from value: JSONValue
    ) throws(HearthError) -> Value {
        do { return try decode(type, from: value) } catch { throw HearthError(error) }
    }
}

extension JSONSchema {
    /// ``validate(_:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func check(_ value: JSONValue) throws(HearthError) {
        do { try validate(value) } catch { throw HearthError(error) }
    }
}

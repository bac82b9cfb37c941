/// Why JSON could not be read, or a Swift type could not be written as JSON.
package struct JSONError: Error, Sendable {
    /// Whose mistake it is.
    package enum Kind: Sendable {
        /// The text, or a value in it, is not what was asked for.
        case invalidInput
        /// A fault of the program: a type without a schema, a value that JSON cannot hold.
        case fault
    }

    package let kind: Kind
    /// One sentence, safe to show: what was wrong, with the offset of the byte or the name of the field.
    package let message: String
    /// One sentence, safe to show: what is allowed.
    package let hint: String?
    /// What a type's own initialiser has thrown; logged, never shown.
    package let cause: (any Error)?

    package init(_ message: String, kind: Kind = .invalidInput, hint: String? = nil, cause: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.cause = cause
    }
}

extension JSONError: CustomStringConvertible {
    /// Safe to show: message and hint, never the cause.
    package var description: String { hint.map { "\(message) \($0)" } ?? message }
}

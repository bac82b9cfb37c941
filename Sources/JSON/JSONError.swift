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

/// Where in a JSON value something is; costs nothing until it is shown.
package indirect enum JSONPath: Sendable {
    case root
    case key(String, in: JSONPath)
    case index(Int, in: JSONPath)

    /// `items[2].name`; empty for the root.
    package var text: String {
        switch self {
        case .root: ""
        case .key(let key, .root): key
        case .key(let key, let parent): "\(parent.text).\(key)"
        case .index(let index, let parent): "\(parent.text)[\(index)]"
        }
    }

    /// The subject of an error message: "`items[2].name`", or "The JSON value" for the root.
    package var subject: String {
        if case .root = self { "The JSON value" } else { "`\(text)`" }
    }

    /// The same place for the standard library's coders.
    var codingPath: [any CodingKey] {
        switch self {
        case .root: []
        case .key(let key, let parent): parent.codingPath + [JSONKey(key)]
        case .index(let index, let parent): parent.codingPath + [JSONKey(index: index)]
        }
    }
}

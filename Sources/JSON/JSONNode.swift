/// One value or key of a JSON text, where it stands in it: what ``JSONScanner`` finds.
///
/// The nodes of a text are a flat list in document order. An array is followed by the nodes of its elements, an object
/// by those of its members, each a key (a string) and its value; `next` leads past all that a node holds.
package struct JSONNode: Sendable {
    /// What a node is.
    package enum Kind: UInt8, Sendable {
        case object
        case array
        /// Without escapes: its bytes stand in the text.
        case string
        case escapedString
        /// A number with neither fraction nor exponent.
        case integer
        /// A number with a fraction or an exponent.
        case decimal
        case `true`
        case `false`
        case null
    }

    package let kind: Kind
    /// Offset of its first byte; of a string, of the one behind its quote.
    package let start: UInt32
    /// Bytes of a scalar, of a string those between its quotes; elements of an array; members of an object.
    package internal(set) var count: UInt32
    /// Index of the first node behind this one and all that it holds.
    package internal(set) var next: UInt32

    package var isString: Bool { kind == .string || kind == .escapedString }
    package var isNumber: Bool { kind == .integer || kind == .decimal }
    /// Where the bytes of a scalar stand in the text.
    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

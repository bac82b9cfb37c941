/// A text that equals another only byte by byte.
///
/// `String` takes different spellings of one character for equal; rows of a database do not, and neither may what is
/// derived from them.
package struct ExactText: Hashable, Sendable {
    /// The text as it was given.
    package let text: String

    package init(_ text: String) { self.text = text }

    /// Whether the bytes of both are the same.
    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// Hashes the bytes as they are, without a normal form.
    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

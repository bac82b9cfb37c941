/// A key or a token: a text that no description, log line, dump or encoder can show.
///
/// It does not conform to `Codable`, so a type that holds one cannot be written as JSON by accident; ``revealed`` is
/// the only way to its text, and easy to find in the code.
package struct Secret: Sendable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// The text, for the one place that needs it.
    package var revealed: String { text }

    /// Whether a text is the secret, in a time that does not depend on where they differ.
    package func matches(_ other: String) -> Bool {
        let (own, shown) = (Array(text.utf8), Array(other.utf8))
        var difference = own.count ^ shown.count
        for index in shown.indices { difference |= Int(shown[index] ^ (index < own.count ? own[index] : 0)) }
        return difference == 0
    }
}

extension Secret: Equatable {
    /// As ``matches(_:)``.
    package static func == (left: Secret, right: Secret) -> Bool { left.matches(right.text) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    /// No children, so that `dump` and everything else that looks inside finds nothing.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Which documents are meant by the texts in them; case matters.
///
/// Each door reads it from the form that its clients write.
package struct DocumentFilter: Sendable, Equatable {
    /// A condition on one document.
    package indirect enum Condition: Sendable, Equatable {
        /// The text at this place of `words` is in the document.
        case contains(Int)
        case not(Condition)
        /// All of them hold; an empty list always does.
        case all([Condition])
        /// One of them holds.
        case any([Condition])
    }

    /// The texts that are looked for, in order.
    package let words: [String]
    private let root: Condition

    /// - Parameter root: names texts by their places in `words`.
    package init(words: [String], root: Condition) {
        self.words = words
        self.root = root
    }

    /// Whether a document is meant.
    /// - Parameter hasWord: Whether the text at this place is in it; a document that is missing has none.
    package func matches(_ hasWord: (Int) -> Bool) -> Bool { Self.matches(root, hasWord) }

    private static func matches(_ condition: Condition, _ hasWord: (Int) -> Bool) -> Bool {
        switch condition {
        case .contains(let place): hasWord(place)
        case .not(let inner): !matches(inner, hasWord)
        case .all(let conditions): conditions.allSatisfy { matches($0, hasWord) }
        case .any(let conditions): conditions.contains { matches($0, hasWord) }
        }
    }
}

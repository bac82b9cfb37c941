import HearthText

/// What an item says about itself under one key; a key may have values of several types.
///
/// Texts are equal when their bytes are, as in a database: how an accent is written makes a difference.
package enum AttributeValue: Sendable, Hashable {
    case text(String)
    case number(ExactNumber)
    case flag(Bool)

    /// Whether both are of one type and the same; texts by their bytes.
    package static func == (left: AttributeValue, right: AttributeValue) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.number(let left), .number(let right)): left == right
        case (.flag(let left), .flag(let right)): left == right
        default: false
        }
    }

    /// Hashes texts by their bytes, without a normal form.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .text(let text): ByteKey(text).hash(into: &hasher)
        case .number(let number): hasher.combine(number)
        case .flag(let flag): hasher.combine(flag)
        }
    }
}

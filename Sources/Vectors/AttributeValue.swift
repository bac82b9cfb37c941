/// What an item says about itself under one key; a key may have values of several types.
package enum AttributeValue: Sendable, Hashable {
    case text(String)
    /// Finite.
    case number(Double)
    case flag(Bool)
}

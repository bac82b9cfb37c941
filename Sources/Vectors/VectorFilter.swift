package import HearthText

/// Which items a search may find. Decided before anything is compared, so that a search returns min(k, matching).
///
/// An item without the key of a leaf does not match that leaf; `not` is plain negation, so it matches the `not` of it.
package indirect enum VectorFilter: Sendable, Equatable {
    /// One end of a range of numbers.
    package struct Bound: Sendable, Equatable {
        package let value: ExactNumber
        package let isInclusive: Bool

        package init(value: ExactNumber, isInclusive: Bool) {
            self.value = value
            self.isInclusive = isInclusive
        }
    }

    case everything
    /// Same type and same value.
    case equals(String, AttributeValue)
    case isIn(String, [AttributeValue])
    /// Numbers between two ends; an end that is nil is open. Texts and flags are in no range.
    case range(String, lower: Bound?, upper: Bound?)
    /// Has a value of any type.
    case exists(String)
    /// Has one of these item ids, byte by byte.
    case items(Set<ByteKey>)
    case all([VectorFilter])
    case any([VectorFilter])
    case not(VectorFilter)

    /// Has one of these item ids.
    package static func items(_ ids: some Sequence<String>) -> VectorFilter { .items(Set(ids.map(ByteKey.init))) }

    /// Whether an item passes: the plain meaning, which faster evaluations must agree with.
    package func matches(item: String, attributes: [String: AttributeValue]) -> Bool {
        switch self {
        case .everything: true
        case .equals(let key, let value): attributes[key] == value
        case .isIn(let key, let values): attributes[key].map(values.contains) ?? false
        case .range(let key, let lower, let upper):
            if case .number(let number) = attributes[key] {
                Self.isInside(number, lower: lower, upper: upper)
            } else {
                false
            }
        case .exists(let key): attributes[key] != nil
        case .items(let items): items.contains(ByteKey(item))
        case .all(let filters): filters.allSatisfy { $0.matches(item: item, attributes: attributes) }
        case .any(let filters): filters.contains { $0.matches(item: item, attributes: attributes) }
        case .not(let filter): !filter.matches(item: item, attributes: attributes)
        }
    }

    /// Whether a number lies between two ends.
    package static func isInside(_ number: ExactNumber, lower: Bound?, upper: Bound?) -> Bool {
        if let lower, !(lower.isInclusive ? number >= lower.value : number > lower.value) { return false }
        if let upper, !(upper.isInclusive ? number <= upper.value : number < upper.value) { return false }
        return true
    }
}

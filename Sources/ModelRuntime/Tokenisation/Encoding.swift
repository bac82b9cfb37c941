/// A text as a model takes it.
package struct Encoding: Sendable, Equatable {
    /// Token ids, special ones included.
    package let ids: [Int32]
    /// The segment of each token; as many as `ids`.
    package let typeIDs: [Int32]
    /// Tokens before the cut, special ones included; a lower bound where the caller let the rest go uncounted.
    package let fullCount: Int

    /// Whether tokens of the text were cut off.
    package var isTruncated: Bool { fullCount > ids.count }
}

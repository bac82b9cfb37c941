/// Which pairs of tokens join, in what order, and to which token; a hash table with open addressing.
struct MergeTable: Sendable {
    struct Merge {
        /// Lower ones come first.
        let rank: UInt32
        let id: Int32
    }

    private var pairs: [UInt64]
    private var merges: [Merge]
    private let mask: Int

    /// No id is negative, so no pair looks like this.
    private static let free = UInt64.max

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        pairs = [UInt64](repeating: Self.free, count: size)
        merges = [Merge](repeating: Merge(rank: 0, id: 0), count: size)
        mask = size - 1
    }

    /// Of a pair that is there twice the last counts. At most as many pairs as the capacity says.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let pair = Self.pair(left, right)
        var place = Self.place(pair) & mask
        while pairs[place] != Self.free, pairs[place] != pair { place = (place + 1) & mask }
        pairs[place] = pair
        merges[place] = merge
    }

    @inline(__always)
    subscript(left: Int32, right: Int32) -> Merge? {
        let pair = Self.pair(left, right)
        var place = Self.place(pair) & mask
        while true {
            let found = pairs[place]
            if found == pair { return merges[place] }
            if found == Self.free { return nil }
            place = (place + 1) & mask
        }
    }

    @inline(__always)
    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private static func place(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}

/// Values by key within a budget of bytes and an age: the one that was not used for longest leaves first.
///
/// A dictionary finds a slot, and the slots are linked by their positions from newest to oldest use: every operation
/// takes constant time, and nothing is allocated for a use.
struct LRUTable<Value> {
    private struct Slot {
        var key: CacheKey
        var value: Value?
        var bytes: Int
        var expires: Int64
        var newer: Int
        var older: Int
    }

    /// No slot.
    private static var none: Int { -1 }

    /// Bytes that each entry costs beside its value: slot and dictionary, both of which grow by doubling.
    static var overhead: Int {
        2 * (MemoryLayout<Slot>.stride + MemoryLayout<CacheKey>.stride + MemoryLayout<Int>.stride)
    }

    let byteBudget: Int
    /// Bytes of all entries with their overhead.
    private(set) var bytes = 0
    var count: Int { positions.count }
    private var positions: [CacheKey: Int] = [:]
    private var slots: [Slot] = []
    /// Slots that hold nothing.
    private var free: [Int] = []
    private var newest = LRUTable.none
    private var oldest = LRUTable.none

    init(byteBudget: Int) { self.byteBudget = byteBudget }

    /// The value of a key, which is now the one used last; nil when there is none or its time is over.
    mutating func value(of key: CacheKey, now: Int64) -> Value? {
        guard let position = positions[key] else { return nil }
        guard slots[position].expires > now else {
            remove(position)
            return nil
        }
        if position != newest {
            unlink(position)
            linkAsNewest(position)
        }
        return slots[position].value
    }

    /// Puts a value in, in place of an earlier one of that key.
    /// - Parameters:
    ///   - bytes: What the value holds, without the table's overhead; one that alone exceeds the budget is not kept.
    ///   - expires: From this time on it is not given any more.
    /// - Returns: how many others had to leave.
    mutating func insert(_ value: Value, for key: CacheKey, bytes: Int, expires: Int64) -> Int {
        if let position = positions[key] { remove(position) }
        let bytes = bytes + Self.overhead
        guard bytes <= byteBudget else { return 0 }
        var evicted = 0
        while self.bytes + bytes > byteBudget {
            remove(oldest)
            evicted += 1
        }
        let slot = Slot(
            key: key, value: value, bytes: bytes, expires: expires, newer: Self.none, older: Self.none)
        let position: Int
        if let reused = free.popLast() {
            position = reused
            slots[position] = slot
        } else {
            position = slots.count
            slots.append(slot)
        }
        positions[key] = position
        self.bytes += bytes
        linkAsNewest(position)
        return evicted
    }

    private mutating func remove(_ position: Int) {
        unlink(position)
        positions[slots[position].key] = nil
        bytes -= slots[position].bytes
        slots[position].value = nil
        free.append(position)
    }

    private mutating func unlink(_ position: Int) {
        let (newer, older) = (slots[position].newer, slots[position].older)
        if newer == Self.none { newest = older } else { slots[newer].older = older }
        if older == Self.none { oldest = newer } else { slots[older].newer = newer }
    }

    private mutating func linkAsNewest(_ position: Int) {
        slots[position].newer = Self.none
        slots[position].older = newest
        if newest == Self.none { oldest = position } else { slots[newest].newer = position }
        newest = position
    }
}

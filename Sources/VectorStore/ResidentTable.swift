import HearthCore

/// The collections in memory within a budget of bytes: the one that was not used for longest leaves first.
///
/// Each use is put at the end of a queue; what the queue still says of earlier uses is passed over. So no call looks at
/// all collections, however many there are.
struct ResidentTable {
    private struct Slot {
        let collection: ResidentCollection
        var bytes = 0
        var use: UInt64
        var usedAt: Int64
    }

    let byteBudget: Int
    /// Bytes of all of them.
    private(set) var bytes = 0
    private var slots: [String: Slot] = [:]
    private var queue: [(id: String, use: UInt64)] = []
    /// Entries of the queue that have been passed.
    private var passed = 0
    private var uses: UInt64 = 0

    init(byteBudget: Int) { self.byteBudget = byteBudget }

    var count: Int { slots.count }

    /// All of them, and when each was used last.
    var all: [(collection: ResidentCollection, usedAt: Int64)] { slots.values.map { ($0.collection, $0.usedAt) } }

    /// The collection with this id, when it is in memory.
    subscript(id: String) -> ResidentCollection? { slots[id]?.collection }

    /// The collection with this id, which is now the one used last; made when there is none.
    mutating func use(_ id: String, _ make: () -> ResidentCollection) -> ResidentCollection {
        uses += 1
        let now = MonotonicClock.nanoseconds()
        queue.append((id, uses))
        if queue.count > 2 * slots.count + 64 + passed { tidy() }
        if var slot = slots[id] {
            (slot.use, slot.usedAt) = (uses, now)
            slots[id] = slot
            return slot.collection
        }
        let collection = make()
        slots[id] = Slot(collection: collection, use: uses, usedAt: now)
        return collection
    }

    /// Notes what a collection holds, and lets others leave until all fit; the one used last always stays.
    mutating func note(_ collection: ResidentCollection, bytes: Int) {
        guard var slot = slots[collection.id], slot.collection === collection else { return }
        self.bytes += bytes - slot.bytes
        slot.bytes = bytes
        slots[collection.id] = slot
        guard self.bytes > byteBudget else { return }
        var busy: [(id: String, use: UInt64)] = []
        while self.bytes > byteBudget, slots.count > 1, passed < queue.count {
            let entry = queue[passed]
            passed += 1
            guard let oldest = slots[entry.id], oldest.use == entry.use else { continue }
            if entry.use == uses || !remove(entry.id) { busy.append(entry) }
        }
        queue.append(contentsOf: busy)
    }

    /// Lets a collection leave memory unless it is in use.
    /// - Parameter use: only when it was not used later than this.
    @discardableResult
    mutating func remove(_ id: String, unusedSince time: Int64 = .max) -> Bool {
        guard let slot = slots[id], slot.usedAt <= time, slot.collection.close() else { return false }
        bytes -= slot.bytes
        slots[id] = nil
        return true
    }

    /// Drops what the queue says of earlier uses.
    private mutating func tidy() {
        queue = queue[passed...].filter { slots[$0.id]?.use == $0.use || $0.use == uses }
        passed = 0
    }
}

/// Which groups of models may be in memory together, as a pure struct: a byte budget, and queues instead of races.
///
///     absent ─request→ (admitted) resident ─left→ absent
///              │
///              └→ (waiting until idle groups have left)
struct MemoryBroker {
    /// What a request leads to.
    enum Decision: Equatable {
        /// The group counts as resident from now on: start it.
        case start
        /// It is resident already.
        case resident
        /// These idle groups have to leave first; ask again when they have.
        case evict([String])
        /// All that is in memory is in use: ask again later.
        case wait
        /// It would never fit.
        case never
    }

    private struct Resident {
        var bytes: Int
        /// Grows with each use: the smallest one leaves first.
        var lastUse: Int
        var isIdle: Bool
        var isLeaving = false
    }

    /// Bytes for all groups together.
    let budget: Int
    private var residents: [String: Resident] = [:]
    private var uses = 0

    init(budget: Int) { self.budget = budget }

    var residentBytes: Int { residents.values.reduce(0) { $0 + $1.bytes } }

    /// A call needs a group.
    /// - Parameter bytes: What it is expected to take.
    mutating func request(_ group: String, bytes: Int) -> Decision {
        uses += 1
        if let resident = residents[group] {
            residents[group]?.lastUse = uses
            return resident.isLeaving ? .wait : .resident
        }
        guard bytes <= budget else { return .never }
        var missing = residentBytes + bytes - budget
        guard missing > 0 else {
            residents[group] = Resident(bytes: bytes, lastUse: uses, isIdle: false)
            return .start
        }
        // What is leaving already gives its memory back without being asked twice.
        missing -= residents.values.filter(\.isLeaving).reduce(0) { $0 + $1.bytes }
        var evicted: [String] = []
        let idle = residents.filter { $0.value.isIdle && !$0.value.isLeaving }
        for (name, resident) in idle.sorted(by: { $0.value.lastUse < $1.value.lastUse }) where missing > 0 {
            evicted.append(name)
            missing -= resident.bytes
        }
        // Throwing out some does not help when it is not enough.
        guard missing <= 0, !evicted.isEmpty else { return .wait }
        for name in evicted { residents[name]?.isLeaving = true }
        return .evict(evicted)
    }

    /// What a group really takes, and whether it has nothing to do.
    mutating func note(_ group: String, bytes: Int, isIdle: Bool) {
        residents[group]?.bytes = bytes
        residents[group]?.isIdle = isIdle
    }

    /// A group's process is gone, and its memory with it.
    mutating func left(_ group: String) { residents[group] = nil }
}

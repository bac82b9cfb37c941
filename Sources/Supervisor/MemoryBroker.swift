import HearthCore

/// Which groups of models may be in memory together, as a pure struct: a byte budget, and queues instead of races.
///
/// Groups that do not fit are admitted in the order in which they were asked for, so that none waits for ever.
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
        /// How long it was not used: the group with the longest time leaves first. Nil: it is at work, or on its way.
        var idle: Duration?
        var isLeaving = false

        /// Not at once: those that it was started for may be on their way to it.
        var mayLeave: Bool { !isLeaving && (idle ?? .zero) >= Limits.groupGrace }
    }

    /// Bytes for all groups together.
    let budget: Int
    private var residents: [String: Resident] = [:]
    /// Groups that were asked for and do not fit, in the order of their coming.
    private var waiting: [String] = []

    init(budget: Int) { self.budget = budget }

    var residentBytes: Int { residents.values.reduce(0) { $0 + $1.bytes } }

    /// A call needs a group.
    /// - Parameter bytes: What it is expected to take.
    mutating func request(_ group: String, bytes: Int) -> Decision {
        if let resident = residents[group], !resident.isLeaving {
            residents[group]?.idle = nil
            return .resident
        }
        guard bytes <= budget else { return .never }
        if !waiting.contains(group) { waiting.append(group) }
        guard waiting.first == group, residents[group] == nil else { return .wait }
        var missing = residentBytes + bytes - budget
        guard missing > 0 else {
            waiting.removeFirst()
            residents[group] = Resident(bytes: bytes)
            return .start
        }
        // What is leaving already gives its memory back without being asked twice.
        missing -= residents.values.filter(\.isLeaving).reduce(0) { $0 + $1.bytes }
        var evicted: [String] = []
        let idle = residents.filter(\.value.mayLeave).sorted { left, right in
            (right.value.idle ?? .zero, left.key) < (left.value.idle ?? .zero, right.key)
        }
        for (name, resident) in idle where missing > 0 {
            evicted.append(name)
            missing -= resident.bytes
        }
        // Throwing out some does not help when it is not enough.
        guard missing <= 0, !evicted.isEmpty else { return .wait }
        for name in evicted { residents[name]?.isLeaving = true }
        return .evict(evicted)
    }

    /// What a group really takes, and how long it was not used; nil: it is in use.
    mutating func note(_ group: String, bytes: Int, idle: Duration?) {
        residents[group]?.bytes = bytes
        residents[group]?.idle = idle
    }

    /// No call waits for the group any more: it gives up its place in the queue.
    mutating func gaveUp(_ group: String) { waiting.removeAll { $0 == group } }

    /// A group's process is gone, and its memory with it.
    mutating func left(_ group: String) { residents[group] = nil }
}

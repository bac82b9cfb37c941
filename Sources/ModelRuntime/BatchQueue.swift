package import HearthCore
package import HearthInference

/// What a ``BatchQueue`` has to know of an input to put it into a pass.
package protocol Batchable: Sendable {
    /// Only inputs of one form share a pass; nil: it gets a pass of its own.
    var form: Int? { get }
    /// What it costs in a pass, where each input costs as much as the longest one: tokens of a text, 1 for pictures.
    var length: Int { get }
}

/// The calls of one model on their way to a pass: waiting → being decoded → decoded → taken. Pure.
///
/// There is no timer that waits for further calls: a free engine takes the inputs that are ready. Under load the calls
/// that gather during one pass are the next batch; a lone call never waits. Tenants are served in turn, however many
/// calls one of them has; a pass is led by the call that was decoded first, and joined by those of about its length.
package struct BatchQueue<Call: Sendable, Input: Batchable>: Sendable {
    /// Whether someone waits for the answer.
    package typealias Priority = InferencePriority

    /// The limits of a queue.
    package struct Rules: Sendable {
        /// Calls in the queue, whatever their stage.
        package var limit: Int
        /// Sizes of a pass. Each size is compiled once by the library, so there are few of them.
        package var passSizes: [Int]
        /// Decoded inputs of a priority that may wait for a pass: limits memory, and keeps the engine busy.
        package var decodedAhead: Int
        /// After so many interactive passes in a row, one background pass gets its turn.
        package var patience: Int
        /// Longest input × inputs of a pass, at most (a lone input may be longer).
        package var budget: Int
        /// An input joins a pass when that adds at most this much padding: more would cost what a pass of its own does.
        package var padding: Int

        /// Limits that fit each other: size 1 is always there, and a whole pass may be decoded ahead.
        package init(
            limit: Int, passSizes: [Int], decodedAhead: Int, patience: Int, budget: Int = .max, padding: Int = 0
        ) {
            self.limit = limit
            self.passSizes = Set(passSizes + [1]).filter { $0 > 0 }.sorted()
            self.decodedAhead = max(decodedAhead, self.passSizes.last ?? 1)
            self.patience = max(1, patience)
            self.budget = budget
            self.padding = padding
        }
    }

    /// A call and its place.
    package struct Entry: Sendable {
        /// Names it while it is in the queue.
        package let id: Int
        /// What was asked.
        package let call: Call
        /// Whose turn it takes.
        package let tenant: Tenant
        /// The first among its tenant's calls, or after them.
        package let priority: Priority
        /// When its answer is worth nothing any more.
        package let deadline: ContinuousClock.Instant
    }

    /// A call that needs nothing but a pass.
    package struct Decoded: Sendable {
        /// The call.
        package let entry: Entry
        /// What the pass reads of it.
        package let input: Input
    }

    /// What came out, and who waited too long.
    package struct Taken<Item: Sendable>: Sendable {
        /// What was taken, in the order of the pass.
        package var items: [Item] = []
        /// Their deadline has passed; they have left the queue.
        package var expired: [Entry] = []
    }

    private var rules: Rules
    private var waiting: [Priority: FairQueue<Entry>] = [:]
    private var decoding: [Int: Entry] = [:]
    private var decoded: [Priority: [Decoded]] = [:]
    /// Interactive passes since the last background pass.
    private var streak = 0

    /// An empty queue.
    package init(rules: Rules) { self.rules = rules }

    /// Sizes of a pass, ascending.
    package var passSizes: [Int] { rules.passSizes }

    /// From now on each input gets a pass of its own: the graph takes no more.
    package mutating func serveOneByOne() { rules.passSizes = [1] }

    /// Calls in the queue.
    package var count: Int {
        waiting.values.reduce(decoding.count + decodedCount) { $0 + $1.count }
    }

    /// Whether no call is in the queue.
    package var isEmpty: Bool { count == 0 }

    /// Calls that wait for a pass and nothing else.
    package var decodedCount: Int { decoded.values.reduce(0) { $0 + $1.count } }

    /// A call arrives. Returns false when the queue is full: the call is `overloaded`.
    package mutating func enter(
        _ call: Call, id: Int, of tenant: Tenant, priority: Priority, deadline: ContinuousClock.Instant
    ) -> Bool {
        guard count < rules.limit else { return false }
        let entry = Entry(id: id, call: call, tenant: tenant, priority: priority, deadline: deadline)
        waiting[priority, default: FairQueue()].append(entry, of: tenant)
        return true
    }

    /// Whether a call that arrives now would be decoded at once: no call waits before it, and the limit is not reached.
    package func decodesAtOnce(_ priority: Priority) -> Bool {
        !isWaiting(priority) && hasRoom(for: priority)
    }

    /// A call arrives with its input decoded.
    ///
    /// Where others of its priority wait to be decoded it waits behind them as it is, so that it takes no one's turn.
    /// Returns false when the queue is full.
    package mutating func enter(
        _ call: Call, decoded input: Input, id: Int, of tenant: Tenant, priority: Priority,
        deadline: ContinuousClock.Instant
    ) -> Bool {
        let isNext = decodesAtOnce(priority)
        guard enter(call, id: id, of: tenant, priority: priority, deadline: deadline) else { return false }
        // It takes its tenant's turn, as any other does.
        guard isNext, let entry = waiting[priority]?.popFirst() else { return true }
        decoded[priority, default: []].append(Decoded(entry: entry, input: input))
        return true
    }

    /// Whether there are calls of a priority to decode.
    package func isWaiting(_ priority: Priority) -> Bool { (waiting[priority]?.count ?? 0) > 0 }

    private func hasRoom(for priority: Priority) -> Bool {
        decoding.values.count { $0.priority == priority } + (decoded[priority]?.count ?? 0) < rules.decodedAhead
    }

    /// The next call of a priority to decode, at most one; none when enough is decoded already.
    package mutating func nextToDecode(_ priority: Priority, now: ContinuousClock.Instant) -> Taken<Entry> {
        var taken = Taken<Entry>()
        guard hasRoom(for: priority) else { return taken }
        while taken.items.isEmpty, let entry = waiting[priority]?.popFirst() {
            if entry.deadline <= now {
                taken.expired.append(entry)
            } else {
                decoding[entry.id] = entry
                taken.items.append(entry)
            }
        }
        return taken
    }

    /// Whether the input of a call is being decoded, for a caller that still waits.
    package func isDecoding(_ id: Int) -> Bool { decoding[id] != nil }

    /// The input of a call is decoded. Returns false when its caller has left meanwhile.
    package mutating func decoded(_ id: Int, _ input: Input) -> Bool {
        guard let entry = decoding.removeValue(forKey: id) else { return false }
        decoded[entry.priority, default: []].append(Decoded(entry: entry, input: input))
        return true
    }

    /// The engine is free: the next pass, empty when nothing is decoded.
    /// - Parameter streams: Engines that are free; the work that is there is shared out among them.
    package mutating func take(now: ContinuousClock.Instant, streams: Int = 1) -> Taken<Decoded> {
        var taken = Taken<Decoded>()
        for priority in Priority.allCases {
            taken.expired += (decoded[priority] ?? []).map(\.entry).filter { $0.deadline <= now }
            decoded[priority]?.removeAll { $0.entry.deadline <= now }
        }
        let interactive = decoded[.interactive]?.count ?? 0
        let background = decoded[.background]?.count ?? 0
        let isBackgroundsTurn = background > 0 && (interactive == 0 || streak >= rules.patience)
        let priority: Priority = isBackgroundsTurn ? .background : .interactive
        streak = isBackgroundsTurn || background == 0 ? 0 : streak + 1
        let places = pass(among: decoded[priority] ?? [], streams: max(1, streams))
        taken.items = places.sorted().compactMap { decoded[priority]?[$0] }
        for place in places.sorted(by: >) { decoded[priority]?.remove(at: place) }
        return taken
    }

    /// Which of the decoded inputs go together: the first one, and those that are nearest to it in length, as long as
    /// each adds less padding than a pass of its own would cost.
    private func pass(among items: [Decoded], streams: Int) -> [Int] {
        guard let leader = items.first else { return [] }
        guard let form = leader.input.form else { return [0] }
        let companions = items.indices.dropFirst().filter { items[$0].input.form == form }
        let share = (companions.count + streams) / streams
        let nearest = companions.map { (place: $0, distance: abs(items[$0].input.length - leader.input.length)) }
            .sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }
        var places = [0]
        var longest = leader.input.length
        let limit = min(share, rules.passSizes.last ?? 1)
        for candidate in nearest where places.count < limit {
            let length = items[candidate.place].input.length
            let padded = max(longest, length) * (places.count + 1)
            guard padded <= rules.budget, padded - longest * places.count - length <= rules.padding else { break }
            places.append(candidate.place)
            longest = max(longest, length)
        }
        return Array(places.prefix(rules.passSizes.last { $0 <= places.count } ?? 1))
    }

    /// A caller has left. Returns the entry when it was still in the queue.
    package mutating func remove(_ id: Int) -> Entry? {
        if let entry = decoding.removeValue(forKey: id) { return entry }
        for priority in Priority.allCases {
            if let entry = waiting[priority]?.removeFirst(where: { $0.id == id }) { return entry }
            if let place = decoded[priority]?.firstIndex(where: { $0.entry.id == id }) {
                return decoded[priority]?.remove(at: place).entry
            }
        }
        return nil
    }

    /// Empties the queue, oldest call first: the model fails or leaves.
    package mutating func removeAll() -> [Entry] {
        let all =
            waiting.values.flatMap { $0.elements } + decoding.values + decoded.values.flatMap { $0.map(\.entry) }
        waiting = [:]
        decoding = [:]
        decoded = [:]
        return all.sorted { $0.id < $1.id }
    }
}

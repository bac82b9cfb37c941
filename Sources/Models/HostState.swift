import HearthCatalogue
import HearthCore

/// All that changes in a ``ModelHost``; lives behind its lock and does no work of its own.
struct HostState {
    /// The life of the host itself.
    enum Phase {
        /// `run()` has not been called; calls wait. → running
        case idle
        /// Loads and serves. → draining, stopping
        case running
        /// Takes no new call, answers those it has. → stopping
        case draining
        /// Refuses all calls; threads end. → ended
        case stopping
        /// All threads have ended. Final.
        case ended

        var takesCalls: Bool { self == .idle || self == .running }
    }

    /// One model of the catalogue.
    struct Slot {
        let id: String
        let kind: ModelKind
        let licence: String?
        /// Nil when the folder cannot be used.
        let folder: ModelFolder?
        /// Wakes the model's own thread.
        let signal = ThreadSignal(capacity: 1)
        var lifecycle: ModelLifecycle
        var queue: EmbeddingQueue
        var identity: ModelIdentity?
        var loadMilliseconds: Double?
        var inferences = 0

        var status: ModelStatus {
            var status = ModelStatus(id: id, kind: kind, state: lifecycle.state, reason: lifecycle.reason)
            status.licence = licence
            status.digest = folder?.digest
            status.dims = folder?.manifest.output?.dims
            status.precision = identity?.precision
            status.aliases = folder?.manifest.aliases ?? []
            status.loadMilliseconds = loadMilliseconds
            status.inferences = inferences
            return status
        }
    }

    var phase = Phase.idle
    /// In the order of the catalogue.
    let order: [String]
    var slots: [String: Slot]
    var plan: LoadPlan
    /// Takes the ids of models whose threads start now; set while `run()` runs.
    var starts: AsyncStream<String>.Continuation?
    /// Listeners to changes of state.
    var listeners: [Int: AsyncStream<ModelStatus>.Continuation] = [:]
    /// Callers of `drain()`.
    var drainers: [CheckedContinuation<Void, Never>] = []
    /// Threads of models that have not ended.
    var liveModels = 0
    /// Whose turn it is to be decoded first.
    var decodeTurn = 0
    private var lastID = 0

    init(order: [String], slots: [String: Slot], plan: LoadPlan) {
        self.order = order
        self.slots = slots
        self.plan = plan
    }

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    var statuses: [ModelStatus] { order.compactMap { slots[$0]?.status } }

    /// Tells the listeners; called under the lock, so that they hear changes in their order.
    func announce(_ id: String) {
        guard let status = slots[id]?.status else { return }
        for listener in listeners.values { listener.yield(status) }
    }

    /// Asks for a model; its thread starts when the plan has room.
    mutating func requestLoad(_ id: String) {
        guard phase == .running, slots[id]?.folder != nil, slots[id]?.lifecycle.load() == .begin else { return }
        announce(id)
        start(plan.request(id))
    }

    /// A load has ended: the next ones may start.
    mutating func loadEnded(_ id: String) { start(plan.finished(id)) }

    private mutating func start(_ ids: [String]) {
        liveModels += ids.count
        for id in ids { starts?.yield(id) }
    }

    /// The next picture to decode: interactive calls of all models first, models in turn.
    mutating func nextToDecode(now: ContinuousClock.Instant) -> (
        model: String, entry: EmbeddingQueue.Entry?, expired: [EmbeddingQueue.Entry]
    )? {
        for priority in EmbeddingQueue.Priority.allCases {
            for step in order.indices {
                let id = order[(decodeTurn + step) % order.count]
                guard let taken = slots[id]?.queue.nextToDecode(priority, now: now) else { continue }
                guard !taken.items.isEmpty || !taken.expired.isEmpty else { continue }
                decodeTurn = (decodeTurn + step + 1) % order.count
                return (id, taken.items.first, taken.expired)
            }
        }
        return nil
    }
}

import HearthCore
import HearthInference
import HearthModelLibrary

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

    /// A thread that `run()` is to start.
    enum Start {
        /// Loads a model and runs its passes.
        case model(String)
        /// Runs passes beside the first thread of a model, for as long as that `load` lasts.
        case secondStream(String, load: Int)
    }

    var phase = Phase.idle
    /// The group that this process serves; models of others are listed, and live elsewhere.
    let group: String?
    /// In the order of the library.
    let order: [String]
    var slots: [String: ModelSlot]
    var plan: LoadPlan
    /// Models that were asked for while the host was idle.
    private var earlyLoads: [String] = []
    /// Takes the threads that start now; set while `run()` runs.
    var starts: AsyncStream<Start>.Continuation?
    /// Listeners to changes of state.
    var listeners: [Int: AsyncStream<ModelStatus>.Continuation] = [:]
    /// Callers of `drain()`.
    var drainers: [CheckedContinuation<Void, Never>] = []
    /// Threads of models that have not ended.
    var liveModels = 0
    /// Whose turn it is to be decoded first.
    var decodeTurn = 0
    /// Large pictures that wait for the thread which decodes them, oldest first.
    var largePictures: [(model: String, entry: InferenceQueue.Entry)] = []
    /// What models compute with that do not say it themselves; nil until the machine has been asked.
    var freePrecision: String?
    private var lastID = 0

    init(group: String?, order: [String], slots: [String: ModelSlot], plan: LoadPlan) {
        self.group = group
        self.order = order
        self.slots = slots
        self.plan = plan
    }

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    var statuses: [ModelStatus] { order.compactMap { status(of: $0) } }

    func status(of id: String) -> ModelStatus? { slots[id]?.status(freePrecision: freePrecision, now: .now) }

    /// Tells the listeners; called under the lock, so that they hear changes in their order.
    func announce(_ id: String) {
        guard let status = status(of: id) else { return }
        for listener in listeners.values { listener.yield(status) }
    }

    /// Asks for a model; its thread starts when the host runs and the plan allows it.
    mutating func requestLoad(_ id: String) {
        guard phase.takesCalls, let slot = slots[id], slot.folder != nil, slot.group == group else { return }
        guard slots[id]?.lifecycle.load() == .begin else { return }
        announce(id)
        if phase == .idle { earlyLoads.append(id) } else { start(plan.request(id)) }
    }

    /// Starts what was asked for before the host ran.
    mutating func startEarlyLoads() {
        for id in earlyLoads { start(plan.request(id)) }
        earlyLoads = []
    }

    /// Forgets the loads that have not started, and returns their models.
    mutating func clearLoads() -> [String] {
        defer { earlyLoads = [] }
        return earlyLoads + plan.clear()
    }

    /// A load has ended: the next ones may start.
    mutating func loadEnded(_ id: String) { start(plan.finished(id)) }

    private mutating func start(_ ids: [String]) {
        liveModels += ids.count
        for id in ids { starts?.yield(.model(id)) }
    }

    /// Calls queue up before a model that has one stream: the second one is opened, once.
    mutating func openSecondStream(_ id: String) {
        guard phase == .running, slots[id]?.streams.open() == true, let load = slots[id]?.loads else { return }
        liveModels += 1
        starts?.yield(.secondStream(id, load: load))
    }

    /// The next input to prepare: interactive calls of all models first, models in turn.
    mutating func nextToDecode(now: ContinuousClock.Instant) -> (
        model: String, entry: InferenceQueue.Entry?, expired: [InferenceQueue.Entry]
    )? {
        for priority in InferenceQueue.Priority.allCases {
            for step in order.indices {
                let id = order[(decodeTurn + step) % order.count]
                guard slots[id]?.canPrepare == true else { continue }
                guard let taken = slots[id]?.queue.nextToDecode(priority, now: now) else { continue }
                guard !taken.items.isEmpty || !taken.expired.isEmpty else { continue }
                decodeTurn = (decodeTurn + step + 1) % order.count
                return (id, taken.items.first, taken.expired)
            }
        }
        return nil
    }
}

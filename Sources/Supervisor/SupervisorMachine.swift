import HearthCore

/// Which workers run and which one answers, as a pure struct: events in, actions out; no clock, no process.
///
/// A worker is `current` (calls go to it), `candidate` (warming up to replace the current one) or `draining` (replaced,
/// finishing). There is at most one current and one candidate.
struct SupervisorMachine {
    /// What the supervisor has to do.
    enum Action: Equatable {
        /// Start a worker after a delay.
        case launch(String, after: Duration)
        /// Send new calls to this worker; nil: to none.
        case use(String?)
        /// Ask a worker to finish and end.
        case drain(String)
        /// Give back the jobs of a worker that crashed by itself: they are suspects from now on.
        case reclaim(String)
        /// Give back, at no cost, what a worker still held when it ended as asked, or was ended from outside.
        case release(String)
    }

    private(set) var current: String?
    private(set) var candidate: String?
    private(set) var draining: Set<String> = []
    private var isStopping = false
    /// A recycling was asked for while a candidate, which may have started before the reason for it, was on its way.
    private var wantsAnother = false
    private var deaths = 0
    private var launches = 0
    private let prefix: String

    /// - Parameter prefix: begins the names of this server's workers.
    init(prefix: String) { self.prefix = prefix }

    mutating func start() -> [Action] {
        let first = nextName()
        current = first
        return [.launch(first, after: .zero), .use(first)]
    }

    /// A fresh worker is wanted.
    /// - Parameter mustBeNewer: Whether one that is on its way already is not fresh enough, and another one has to
    ///   follow it: it may have missed models that were installed meanwhile.
    mutating func recycle(mustBeNewer: Bool = false) -> [Action] {
        guard !isStopping, current != nil else { return [] }
        guard candidate == nil else {
            wantsAnother = wantsAnother || mustBeNewer
            return []
        }
        let fresh = nextName()
        candidate = fresh
        return [.launch(fresh, after: .zero)]
    }

    /// A worker's models are loaded.
    mutating func becameReady(_ worker: String) -> [Action] {
        guard worker == candidate, let old = current else { return [] }
        (current, candidate) = (worker, nil)
        draining.insert(old)
        return [.use(worker), .drain(old)] + recycleAgain()
    }

    /// A worker's process is gone.
    /// - Parameters:
    ///   - lifetime: how long it had run; after a long run the restart delay starts again from the first.
    ///   - isCrash: whether it ended by its own fault. An end from outside counts against none of its jobs.
    mutating func exited(_ worker: String, after lifetime: Duration, isCrash: Bool) -> [Action] {
        let giveBack: Action = isCrash ? .reclaim(worker) : .release(worker)
        guard draining.remove(worker) == nil, !isStopping else { return [giveBack] }
        if worker == candidate {
            // The swap has failed; the current worker goes on, and the next recycling tries again.
            candidate = nil
            return [giveBack] + recycleAgain()
        }
        guard worker == current else { return [giveBack] }
        if let candidate {
            (current, self.candidate) = (candidate, nil)
            return [.use(candidate), giveBack] + recycleAgain()
        }
        deaths = lifetime >= Limits.healthyWorker ? 1 : deaths + 1
        let next = nextName()
        current = next
        return [giveBack, .launch(next, after: delay), .use(next)]
    }

    /// The server stops: every worker drains, none is started.
    mutating func stop() -> [Action] {
        isStopping = true
        let running = [current, candidate].compactMap(\.self)
        draining.formUnion(running)
        (current, candidate) = (nil, nil)
        return [.use(nil)] + running.map(Action.drain)
    }

    private mutating func recycleAgain() -> [Action] {
        guard wantsAnother else { return [] }
        wantsAnother = false
        return recycle()
    }

    /// At once after the first death, then doubling.
    private var delay: Duration { Limits.restartBackoff.pause(after: deaths - 1) }

    private mutating func nextName() -> String {
        launches += 1
        return "\(prefix)\(launches)"
    }
}

import HearthCore
package import HearthInference

/// The life of one model as a pure state machine: events in, decisions out; no clock, no lock, no thread.
///
///     absent ─load→ loading ─compiled→ warming ─warmed→ ready ─drain→ draining ─drained→ absent
///     loading, warming ─failed→ failed ─load→ loading
///     loading, warming ─drain→ (goes on, is released at its next step) → absent
///     skipped: nothing leads here nor away
///
/// An event that does not fit the state changes nothing and says so.
package struct ModelLifecycle: Sendable, Equatable {
    /// What a request to load leads to.
    package enum Load: Sendable, Equatable {
        /// The caller starts the only flight.
        case begin
        /// A flight is under way; the caller shares it.
        case join
        /// Nothing to do.
        case alreadyReady
        /// The model is leaving, or was told to, or is none that can be served.
        case refused
    }

    /// What the thread that loads the model does next.
    package enum Step: Sendable, Equatable {
        case warm
        case serve
        /// The model is not wanted any more: free it and report ``ModelLifecycle/drained()``.
        case release
        /// The event does not fit the state.
        case ignored
    }

    /// What a request to leave leads to.
    package enum Drain: Sendable, Equatable {
        /// Answer the calls that wait, then free the model.
        case finishCalls
        /// Refuse the calls that wait; the loading thread frees the model at its next step.
        case refuseCalls
        /// Not in memory.
        case nothing
    }

    /// What happens to a call that arrives now.
    package enum Admission: Sendable, Equatable {
        case now
        /// It waits for the model, within its deadline.
        case whenReady
        /// The model is absent: a load has to be asked for, then as ``whenReady``.
        case afterLoad
        /// It is refused, with the reason when the model failed.
        case never(reason: String?)
    }

    package private(set) var state: ModelState = .absent
    /// Why it failed or is skipped, safe to show; nil in every other state.
    package private(set) var reason: String?
    /// Drained while it was loading: the load cannot be broken off, but its result is not wanted.
    private var isUnwanted = false

    package init() {}

    /// A model that can never be loaded.
    package init(failed reason: String) {
        state = .failed
        self.reason = reason
    }

    /// What is no model that can be served.
    package init(skipped reason: String) {
        state = .skipped
        self.reason = reason
    }

    /// A caller asks for the model: says whether a load begins, is shared, is not needed, or is refused.
    package mutating func load() -> Load {
        switch state {
        case .absent, .failed:
            self = ModelLifecycle()
            state = .loading
            return .begin
        case .loading, .warming: return isUnwanted ? .refused : .join
        case .ready: return .alreadyReady
        case .draining, .skipped: return .refused
        }
    }

    /// The graph is compiled.
    package mutating func compiled() -> Step {
        guard state == .loading else { return .ignored }
        state = isUnwanted ? .draining : .warming
        return isUnwanted ? .release : .warm
    }

    /// The first passes have run.
    package mutating func warmed() -> Step {
        guard state == .warming else { return .ignored }
        state = isUnwanted ? .draining : .ready
        return isUnwanted ? .release : .serve
    }

    /// Loading or warming did not succeed. Returns whether it is news.
    package mutating func failed(_ reason: String) -> Bool {
        guard state == .loading || state == .warming else { return false }
        self = isUnwanted ? ModelLifecycle() : ModelLifecycle(failed: reason)
        return true
    }

    /// The model is to leave: says what becomes of the calls that wait for it.
    package mutating func drain() -> Drain {
        switch state {
        case .ready:
            state = .draining
            return .finishCalls
        case .loading, .warming:
            isUnwanted = true
            return .refuseCalls
        case .absent, .failed, .skipped, .draining: return .nothing
        }
    }

    /// The model is out of memory. Returns whether it is news.
    package mutating func drained() -> Bool {
        guard state == .draining else { return false }
        self = ModelLifecycle()
        return true
    }

    package var admission: Admission {
        switch state {
        case .ready: .now
        case .loading, .warming: isUnwanted ? .never(reason: nil) : .whenReady
        case .absent: .afterLoad
        case .draining: .never(reason: nil)
        case .failed, .skipped: .never(reason: reason)
        }
    }
}

import HearthCore

/// Keeps callers from something that fails, and finds out when it works again.
///
/// ```
/// closed ──(failures in a row)──► open ──(pause over, one call let through)──► half-open
///   ▲                              ▲                                              │
///   └───────────(it succeeds)──────┼──────────────────────────────────────────────┤
///                                  └──────────────(it fails)──────────────────────┘
/// ```
package struct CircuitBreaker: Sendable {
    /// What it knows of the last calls.
    package enum State: Sendable, Equatable {
        /// Calls go through; so many have failed in a row. → open
        case closed(failures: Int)
        /// No call goes through before this time, in milliseconds. → half-open
        case open(until: Int64)
        /// One call went through to try; if it has not come back by then, another one may. → closed, open
        case halfOpen(until: Int64)
    }

    package private(set) var state = State.closed(failures: 0)
    private let threshold: Int
    private let pause: Int64

    /// - Parameters:
    ///   - threshold: Failures in a row that open it.
    ///   - pause: How long it stays open.
    package init(threshold: Int = Limits.breakerFailures, pause: Duration = Limits.breakerPause) {
        self.threshold = threshold
        self.pause = pause.milliseconds
    }

    package var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    /// Whether a call may be made now; who gets true reports how it went.
    package mutating func admits(at now: Int64) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until), .halfOpen(let until):
            guard now >= until else { return false }
            state = .halfOpen(until: now + pause)
            return true
        }
    }

    /// A call has gone well: failures are counted from 0 again.
    package mutating func succeeded() { state = .closed(failures: 0) }

    /// A call has failed; after too many in a row no call is let through for a pause.
    package mutating func failed(at now: Int64) {
        switch state {
        case .closed(let failures) where failures + 1 < threshold: state = .closed(failures: failures + 1)
        case .closed, .halfOpen: state = .open(until: now + pause)
        case .open: break
        }
    }
}

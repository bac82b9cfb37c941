/// Who runs passes of a model now: one thread with all processors, or two with half of them each. Pure.
///
///     closed ─open→ opening ─opened→ open      any ─reset→ closed (the model has left memory)
///
/// A lone call is answered soonest when all processors work on it; many calls are answered soonest side by side,
/// because small passes do not keep two processors busy. So there is a wide stream for single calls, and two narrow
/// streams as soon as calls have queued up once. A wide pass and a narrow one never run at the same time.
struct ModelStreams: Sendable, Equatable {
    /// The second stream's life.
    enum Second: Sendable {
        /// Calls have not queued up yet. → opening
        case closed
        /// Its thread compiles the graphs for half of the processors. → open, closed
        case opening
        /// → closed
        case open
    }

    /// What a stream may take now.
    enum Turn: Sendable, Equatable {
        /// A pass with all processors.
        case wide
        /// A pass with half of them; the work is shared out among this many streams.
        case narrow(among: Int)
        /// Nothing: wait to be woken.
        case rest
    }

    private(set) var second = Second.closed
    private var isWide = false
    private var narrow: Set<Int> = []

    var isBusy: Bool { isWide || !narrow.isEmpty }

    /// Returns whether the caller has to start the second stream's thread.
    mutating func open() -> Bool {
        guard second == .closed else { return false }
        second = .opening
        return true
    }

    mutating func opened() {
        if second == .opening { second = .open }
    }

    /// The second stream has ended, or could not be opened: it may be opened again only after a new load.
    mutating func reset() { self = ModelStreams() }

    /// What a stream (0 or 1) takes when `waiting` inputs need nothing but a pass. The turn has begun unless it is a
    /// rest.
    mutating func begin(stream: Int, waiting: Int) -> Turn {
        guard waiting > 0, !isWide else { return .rest }
        if stream == 0, narrow.isEmpty, waiting == 1 || second != .open {
            isWide = true
            return .wide
        }
        // The second stream only ever helps: a lone call belongs to the first one, which is awake or about to be.
        guard second == .open, stream == 0 || !narrow.isEmpty else { return .rest }
        let idle = narrow.isEmpty ? 2 : 1
        narrow.insert(stream)
        return .narrow(among: idle)
    }

    mutating func end(stream: Int) {
        if stream == 0 { isWide = false }
        narrow.remove(stream)
    }
}

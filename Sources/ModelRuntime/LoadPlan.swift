/// Which loads may run now: first come, first served, so many at a time. Pure.
struct LoadPlan: Equatable {
    /// Loads at the same time.
    private let limit: Int
    private var waiting: [String] = []
    private var running: Set<String> = []

    init(limit: Int) { self.limit = max(1, limit) }

    /// A model wants to be loaded; returns the models whose loads start now.
    mutating func request(_ id: String) -> [String] {
        guard !waiting.contains(id), !running.contains(id) else { return [] }
        waiting.append(id)
        return startable()
    }

    /// A load has ended, well or not; returns the models whose loads start now.
    mutating func finished(_ id: String) -> [String] {
        running.remove(id)
        return startable()
    }

    /// Forgets the loads that have not started, and returns them.
    mutating func clear() -> [String] {
        defer { waiting.removeAll() }
        return waiting
    }

    private mutating func startable() -> [String] {
        let started = Array(waiting.prefix(limit - running.count))
        waiting.removeFirst(started.count)
        running.formUnion(started)
        return started
    }
}

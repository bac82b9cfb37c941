import HearthCore

/// Divides free places among tenants: what is urgent goes first, and of what is alike, jobs of the tenant that has
/// least.
struct LeaseTurns {
    /// A job that could be leased.
    struct Waiting: Sendable {
        let id: String
        let priority: Int
    }

    /// What each tenant has running or was given here.
    private var running: [Tenant: Int]
    private var queues: [(tenant: Tenant, jobs: ArraySlice<Waiting>)] = []

    init(running: [Tenant: Int]) { self.running = running }

    /// A tenant's jobs in the order in which they are to run. Of tenants that have equally much, the first that was
    /// added has its turn first.
    mutating func add(_ jobs: [Waiting], of tenant: Tenant) {
        if !jobs.isEmpty { queues.append((tenant, jobs[...])) }
    }

    /// The jobs that get the next places.
    mutating func take(_ limit: Int) -> [String] {
        var taken: [String] = []
        while taken.count < limit, let next = nextQueue() {
            taken.append(queues[next].jobs.removeFirst().id)
            running[queues[next].tenant, default: 0] += 1
        }
        return taken
    }

    private func nextQueue() -> Int? {
        var best: (index: Int, priority: Int, running: Int)?
        for (index, queue) in queues.enumerated() {
            guard let job = queue.jobs.first else { continue }
            let count = running[queue.tenant, default: 0]
            if let best, (best.priority, -best.running) >= (job.priority, -count) { continue }
            best = (index, job.priority, count)
        }
        return best?.index
    }
}

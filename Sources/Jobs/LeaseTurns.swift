import HearthCore

/// Divides free places among tenants: what is urgent goes first, and of what is alike, jobs of the tenant that has
/// least.
///
/// Of each tenant it looks at a few jobs, and at more of them only when it has given these a place.
struct LeaseTurns {
    /// A job that could be leased.
    struct Waiting: Sendable {
        let id: String
        let priority: Int
    }

    /// The jobs of a tenant as far as they were looked at.
    private struct Queue {
        let tenant: Tenant
        var jobs: ArraySlice<Waiting> = []
        /// Jobs that were looked at so far.
        var seen = 0
        /// Whether there are no more.
        var isWhole = false
    }

    /// What each tenant has running or was given here.
    private var running: [Tenant: Int]
    private var queues: [Queue]
    private let page: Int
    private let look: (_ tenant: Tenant, _ skip: Int, _ limit: Int) throws -> [Waiting]

    /// - Parameters:
    ///   - tenants: Of those that have equally much, the first has its turn first.
    ///   - page: How many jobs of a tenant are looked at together.
    ///   - look: The jobs of a tenant in the order in which they are to run, without the first `skip` of them.
    init(
        _ tenants: [Tenant], running: [Tenant: Int], page: Int,
        look: @escaping (_ tenant: Tenant, _ skip: Int, _ limit: Int) throws -> [Waiting]
    ) {
        self.running = running
        self.page = page
        self.look = look
        queues = tenants.map { Queue(tenant: $0) }
    }

    /// The jobs that get the next places.
    /// - Throws: What looking throws.
    mutating func take(_ limit: Int) throws -> [String] {
        var taken: [String] = []
        while taken.count < limit {
            for index in queues.indices where queues[index].jobs.isEmpty { try fill(index) }
            guard let next = nextQueue() else { break }
            taken.append(queues[next].jobs.removeFirst().id)
            running[queues[next].tenant, default: 0] += 1
        }
        return taken
    }

    private mutating func fill(_ index: Int) throws {
        guard !queues[index].isWhole else { return }
        let jobs = try look(queues[index].tenant, queues[index].seen, page)
        queues[index].jobs = jobs[...]
        queues[index].seen += jobs.count
        queues[index].isWhole = jobs.count < page
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

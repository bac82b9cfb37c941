import HearthCore

/// Opens a lane's loop when there may be something to lease, and counts its places.
final class LaneGate: Sendable {
    private struct State {
        var running = 0
        /// A job that has killed a worker runs alone.
        var isExclusive = false
        var nextRunAt: Int64?
        var isStopped = false
    }

    let lane: Lane
    /// One element, or several openings folded into one; ends when the lane stops.
    let openings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let state = Locked(State())

    init(lane: Lane) {
        self.lane = lane
        (openings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
    }

    func open() { continuation.yield() }

    /// Ends `openings`; what runs goes on, nothing more is leased.
    func stop() {
        state.withLock { $0.isStopped = true }
        continuation.finish()
    }

    /// Places for more jobs; nil when there is none, or the lane has stopped.
    var freePlaces: Int? {
        state.withLock { state in
            let free = lane.capacity - state.running
            return state.isStopped || state.isExclusive || free <= 0 ? nil : free
        }
    }

    var isIdle: Bool { state.withLock { $0.running == 0 } }

    var nextRunAt: Int64? {
        get { state.withLock { $0.nextRunAt } }
        set { state.withLock { $0.nextRunAt = newValue } }
    }

    func begin(_ leases: [JobLease]) {
        state.withLock { state in
            state.running += leases.count
            state.isExclusive = leases.contains { $0.crashes > 0 }
        }
    }

    func end(_ lease: JobLease) {
        state.withLock { state in
            state.running -= 1
            if lease.crashes > 0 { state.isExclusive = false }
        }
        open()
    }
}

/// The gates of all lanes of a worker.
struct LaneGates: Sendable {
    private let gates: [LaneGate]

    init(_ gates: [LaneGate]) { self.gates = gates }

    /// Opens those whose next job is due; all of them when `now` is nil.
    func open(dueAt now: Int64? = nil) {
        for gate in gates {
            if let now {
                guard let next = gate.nextRunAt, next <= now else { continue }
            }
            gate.open()
        }
    }

    func stop() { for gate in gates { gate.stop() } }
}

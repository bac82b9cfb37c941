import HearthCore

/// Opens a lane's loop when there may be something to lease, and counts its places.
final class LaneGate: Sendable {
    private struct State {
        var running = 0
        var nextRunAt: Int64?
        var lastTenant: Tenant?
        var isStopped = false
    }

    /// The lanes that share these places.
    let lanes: [Lane]
    let capacity: Int
    /// One element, or several openings folded into one; ends when the lane stops.
    let openings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let state = Locked(State())

    init(lanes: [Lane], capacity: Int) {
        self.lanes = lanes
        self.capacity = capacity
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
            let free = capacity - state.running
            return state.isStopped || free <= 0 ? nil : free
        }
    }

    var nextRunAt: Int64? {
        get { state.withLock { $0.nextRunAt } }
        set { state.withLock { $0.nextRunAt = newValue } }
    }

    /// The tenant that had its turn last.
    var lastTenant: Tenant? {
        get { state.withLock { $0.lastTenant } }
        set { state.withLock { $0.lastTenant = newValue } }
    }

    func begin(_ count: Int) { state.withLock { $0.running += count } }

    func end() {
        state.withLock { $0.running -= 1 }
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

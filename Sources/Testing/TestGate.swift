import HearthCore

/// Holds tasks back until a test opens it, and counts who has come.
package final class TestGate: Sendable {
    private struct State {
        var arrivals = 0
        var isOpen = false
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var cancelled: Set<Int> = []
    }

    private let state = Locked(State())

    package init() {}

    /// How many have come so far.
    package var arrivals: Int { state.withLock { $0.arrivals } }

    /// Returns when the gate is open.
    /// - Throws: `CancellationError` when the task is cancelled before.
    package func pass() async throws {
        let id = state.withLock { state in
            state.arrivals += 1
            return state.arrivals
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.contains(id) { return .failure(CancellationError()) }
                    if state.isOpen { return .success(()) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.cancelled.insert(id)
                return state.waiting.removeValue(forKey: id)
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// As `pass`, but deaf to cancellation.
    package func passStubbornly() async {
        _ = try? await Task { try await pass() }.value
    }

    /// Lets through all who wait, and all who come later.
    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }
}

import HearthCore
import HearthInference
import Logging

/// The life of the host: its beginning, the end of its models, its end.
extension ModelHost {
    /// Enters `running` and asks for the first models; nil when the host has run before.
    func begin() -> AsyncStream<HostState.Start>? {
        let (starts, continuation) = AsyncStream.makeStream(of: HostState.Start.self)
        let first = [defaultEmbedderID].compactMap { $0 }
        return state.withLock { state -> AsyncStream<HostState.Start>? in
            guard state.phase == .idle else { return nil }
            state.phase = .running
            state.starts = continuation
            for id in first + (configuration.preload ?? state.residents) { state.requestLoad(id) }
            // Calls may have come before the host ran.
            for id in state.order where state.slots[id]?.queue.isEmpty == false { state.requestLoad(id) }
            return starts
        }
    }

    /// The last model thread of a drained host has ended: `run()` may go on to its end.
    func modelEnded() {
        state.withLock { state in
            state.liveModels -= 1
            if state.phase == .draining, state.liveModels == 0 { state.starts?.finish() }
        }
    }

    /// Refuses what waits and tells all threads to end.
    func stop() {
        let (refused, signals) = state.withLock { state in
            state.phase = .stopping
            state.starts?.finish()
            for id in state.plan.clear() { state.abandonLoad(id) }
            return (state.refuseAll(), state.slots.values.flatMap { [$0.signal, $0.secondSignal] })
        }
        for (id, entry) in refused { refuse(entry, of: id) }
        for signal in signals { signal.signalAll() }
        decodeSignal.signalAll()
    }

    /// All threads have ended.
    func end() {
        let (drainers, listeners) = state.withLock { state in
            state.phase = .ended
            defer {
                state.drainers = []
                state.listeners = [:]
            }
            return (state.drainers, Array(state.listeners.values))
        }
        for listener in listeners { listener.finish() }
        for drainer in drainers { drainer.resume() }
    }

    /// Ends a call that found no ready model.
    func refuse(_ entry: InferenceQueue.Entry, of id: String) {
        entry.call.continuation.resume(throwing: notReady(id))
    }

    /// Why a call to the model cannot be answered now.
    func notReady(_ id: String) -> HearthError {
        let (model, reason, phase) = state.withLock {
            ($0.slots[id]?.lifecycle.state, $0.slots[id]?.lifecycle.reason, $0.phase)
        }
        if let reason {
            return HearthError(
                .modelNotReady, "The model \(id) could not be loaded. \(reason)",
                hint: "See the models in the health report.", retryAfter: 60)
        }
        if !phase.takesCalls || model == .draining {
            return HearthError(.modelNotReady, "The model \(id) is being unloaded.", retryAfter: 1)
        }
        return HearthError(.modelNotReady, "The model \(id) is still loading.", retryAfter: 2)
    }
}

extension HostState {
    /// Models that this process loads at its start.
    var residents: [String] { order.filter { slots[$0]?.group == group } }

    /// Takes every call out of every queue.
    mutating func refuseAll() -> [(String, InferenceQueue.Entry)] {
        order.flatMap { id in (slots[id]?.queue.removeAll() ?? []).map { (id, $0) } }
    }

    /// Enters `draining`: ready models answer what they have, loading ones refuse it. Returns the refused calls.
    mutating func beginDrain() -> [(String, InferenceQueue.Entry)] {
        phase = .draining
        for id in plan.clear() { abandonLoad(id) }
        var refused: [(String, InferenceQueue.Entry)] = []
        for id in order {
            guard let decision = slots[id]?.lifecycle.drain() else { continue }
            if decision != .finishCalls { refused += (slots[id]?.queue.removeAll() ?? []).map { (id, $0) } }
            announce(id)
            slots[id]?.signal.signal()
        }
        if liveModels == 0 { starts?.finish() }
        return refused
    }

    /// A load that was asked for and never started leaves no trace.
    mutating func abandonLoad(_ id: String) {
        _ = slots[id]?.lifecycle.drain()
        _ = slots[id]?.lifecycle.failed("The load was abandoned.")
        announce(id)
    }
}

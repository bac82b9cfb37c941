import HearthCore
import HearthJobs

/// A signal that stays within the process, and counts its rings.
package final class SilentSignal: JobSignal {
    private struct Listener: Sendable {
        let continuation: AsyncStream<Void>.Continuation
        let isWanted: @Sendable () -> Bool
    }

    private struct State {
        var listeners: [Int: Listener] = [:]
        var nextID = 0
        var ringCount = 0
        var isMuted = false
    }

    private let state = Locked(State())

    /// A signal without listeners.
    package init() {}

    /// How often it was rung.
    package var ringCount: Int { state.withLock { $0.ringCount } }

    /// Signals are counted but not delivered, as if every one were lost.
    package func mute() { state.withLock { $0.isMuted = true } }

    /// Counts, and wakes every listener unless the signal is muted.
    package func ring() {
        let listeners = state.withLock { state in
            state.ringCount += 1
            return state.isMuted ? [] : Array(state.listeners.values)
        }
        for listener in listeners where listener.isWanted() { listener.continuation.yield() }
    }

    /// One element for each ring that is wanted; rings that come while the listener is busy become one.
    package func rings(while isWanted: @escaping @Sendable () -> Bool) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextID += 1
            state.listeners[state.nextID] = Listener(continuation: continuation, isWanted: isWanted)
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }
}

import HearthCore

/// Hands events from the task that iterates them to the one that writes them, one at a time, with ticks between.
///
/// Holds at most one event: who sends waits until it is taken, so a slow client slows the source.
final class EventHandoff: Sendable {
    enum Ending: Sendable {
        /// The source has no more; what it sent is still delivered.
        case finished
        /// The source failed; what it sent is still delivered.
        case failed(any Error)
        /// The client has gone: nothing more is delivered.
        case left
        /// The server stops, or the client may not be served any longer: nothing more is delivered.
        case stopped

        var isImmediate: Bool {
            switch self {
            case .finished, .failed: false
            case .left, .stopped: true
            }
        }
    }

    enum Item: Sendable {
        case event(ServerSentEvent)
        case tick
        case end(Ending)
    }

    private struct State {
        var event: ServerSentEvent?
        var ending: Ending?
        var sender: CheckedContinuation<Bool, Never>?
        var receiver: CheckedContinuation<Item, Never>?

        /// What a receiver gets now; nil when it must wait.
        mutating func take() -> Item? {
            if let ending, ending.isImmediate { return .end(ending) }
            if let taken = event.take() { return .event(taken) }
            return ending.map(Item.end)
        }
    }

    private let state = Locked(State())

    /// Waits until the event is taken. Returns false when it is not taken any more.
    func send(_ event: ServerSentEvent) async -> Bool {
        await withCheckedContinuation { continuation in
            let (receiver, accepted) = state.withLock {
                state -> (CheckedContinuation<Item, Never>?, Bool?) in
                guard state.ending == nil else { return (nil, false) }
                if let receiver = state.receiver.take() { return (receiver, true) }
                state.event = event
                state.sender = continuation
                return (nil, nil)
            }
            receiver?.resume(returning: .event(event))
            if let accepted { continuation.resume(returning: accepted) }
        }
    }

    /// A while has passed; a receiver that waits is told.
    func tick() {
        let receiver = state.withLock { $0.receiver.take() }
        receiver?.resume(returning: .tick)
    }

    /// No more comes; the first ending holds, but for one that is immediate.
    func end(_ ending: Ending) {
        let (receiver, sender) = state.withLock { state in
            if state.ending.map({ !$0.isImmediate && ending.isImmediate }) ?? true { state.ending = ending }
            let sender = ending.isImmediate ? state.sender.take() : nil
            return (state.receiver.take(), sender)
        }
        receiver?.resume(returning: .end(ending))
        sender?.resume(returning: false)
    }

    /// The next event, tick or end; a cancelled task gets the end.
    func next() async -> Item {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (item, sender) = state.withLock { state -> (Item?, CheckedContinuation<Bool, Never>?) in
                    guard let item = state.take() else {
                        state.receiver = continuation
                        return (nil, nil)
                    }
                    if case .event = item { return (item, state.sender.take()) }
                    return (item, nil)
                }
                sender?.resume(returning: true)
                if let item { continuation.resume(returning: item) }
            }
        } onCancel: {
            end(.left)
        }
    }
}

import HearthCore

/// Lets callers who want the same thing at the same time share one computation.
///
/// The first caller of a key leads: it computes in its own task, and hands the outcome to the others, who follow. When
/// it cannot finish for a reason of its own (it was cancelled, its time was over) it resigns, and the follower who has
/// waited longest leads. No task outlives its caller.
package final class SingleFlight<Key: Hashable & Sendable, Outcome: Sendable>: Sendable {
    /// What a caller has to do.
    package enum Role: Sendable, Equatable {
        /// Compute, then ``SingleFlight/end(_:with:)`` or ``SingleFlight/resign(_:)``.
        case leads
        /// Wait by ``SingleFlight/turn(_:of:until:)``, once.
        case follows(ticket: Int)
        /// Compute for oneself: too many share already.
        case alone
    }

    /// How the waiting of a follower ended.
    package enum Turn: Sendable {
        case outcome(Outcome)
        /// The leader has resigned: this caller leads now.
        case leads
        /// The caller was cancelled, or its time is over.
        case left
    }

    private enum Follower {
        /// Has a ticket, does not wait yet. → waiting, served
        case expected(Key)
        /// → gone
        case waiting(Key, CheckedContinuation<Turn, Never>)
        /// Its turn came before it waited. → gone
        case served(Turn)
    }

    private struct State {
        /// Keys under way, with their followers' tickets in the order in which they came.
        var queues: [Key: [Int]] = [:]
        var followers: [Int: Follower] = [:]
        var nextTicket = 0

        /// Gives a follower its turn.
        /// - Returns: who is to be woken by it, outside of the lock.
        mutating func serve(_ ticket: Int, _ turn: Turn) -> CheckedContinuation<Turn, Never>? {
            switch followers[ticket] {
            case .expected:
                followers[ticket] = .served(turn)
                return nil
            case .waiting(_, let continuation):
                followers[ticket] = nil
                return continuation
            case .served, nil: return nil
            }
        }
    }

    private let state = Locked(State())
    private let maximumKeys: Int
    private let maximumFollowers: Int

    package init(maximumKeys: Int = Limits.sharedCalls, maximumFollowers: Int = Limits.sharedCallFollowers) {
        self.maximumKeys = maximumKeys
        self.maximumFollowers = maximumFollowers
    }

    /// Keys under way and callers that follow.
    package var load: (keys: Int, followers: Int) { state.withLock { ($0.queues.count, $0.followers.count) } }

    /// Takes part in the computation of a key.
    package func join(_ key: Key) -> Role {
        state.withLock { state in
            guard state.queues[key] != nil else {
                guard state.queues.count < maximumKeys else { return .alone }
                state.queues[key] = []
                return .leads
            }
            guard state.followers.count < maximumFollowers else { return .alone }
            state.nextTicket += 1
            state.queues[key]?.append(state.nextTicket)
            state.followers[state.nextTicket] = .expected(key)
            return .follows(ticket: state.nextTicket)
        }
    }

    /// The leader has an outcome: all who follow get it.
    package func end(_ key: Key, with outcome: Outcome) {
        let woken = state.withLock { state in
            (state.queues.removeValue(forKey: key) ?? []).compactMap { state.serve($0, .outcome(outcome)) }
        }
        for continuation in woken { continuation.resume(returning: .outcome(outcome)) }
    }

    /// The leader goes without an outcome: the next one leads.
    package func resign(_ key: Key) {
        let woken = state.withLock { state -> CheckedContinuation<Turn, Never>? in
            guard let next = state.queues[key]?.first else {
                state.queues[key] = nil
                return nil
            }
            state.queues[key]?.removeFirst()
            return state.serve(next, .leads)
        }
        woken?.resume(returning: .leads)
    }

    /// Waits for the outcome, for the lead, or for the end of the caller's time.
    package func turn(of ticket: Int, until deadline: ContinuousClock.Instant) async -> Turn {
        await withTaskGroup(of: Turn?.self) { group in
            group.addTask { await self.turn(of: ticket) }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            var turn = await group.next() ?? nil
            group.cancelAll()
            // Its time is over, or it was cancelled; a turn that came just now must not be lost all the same: those
            // behind it wait for a leader.
            if turn == nil { turn = await group.next() ?? nil }
            return turn ?? .left
        }
    }

    private func turn(of ticket: Int) async -> Turn {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn = state.withLock { state -> Turn? in
                    switch state.followers[ticket] {
                    case .expected(let key):
                        state.followers[ticket] = .waiting(key, continuation)
                        return nil
                    case .served(let turn):
                        state.followers[ticket] = nil
                        return turn
                    case .waiting, nil:
                        return .left
                    }
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            leave(ticket)
        }
    }

    private func leave(_ ticket: Int) {
        let woken = state.withLock { state -> CheckedContinuation<Turn, Never>? in
            switch state.followers[ticket] {
            case .expected(let key), .waiting(let key, _):
                state.queues[key]?.removeAll { $0 == ticket }
                return state.serve(ticket, .left)
            case .served, nil: return nil
            }
        }
        woken?.resume(returning: .left)
    }
}

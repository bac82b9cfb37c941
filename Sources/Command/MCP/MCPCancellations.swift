import HearthCore

/// What ends work before it is done: that on a request, or on a resource that is followed, by a key.
///
/// A key may be given again while the work that had it before is still ending. So each work has a number as well, and
/// its end takes away nothing of the work that came after it.
final class MCPCancellations: Sendable {
    /// The place of one work.
    struct Place: Sendable {
        fileprivate let key: String
        fileprivate let number: Int
        fileprivate let cancelled: AsyncStream<Void>
    }

    private struct State {
        var number = 0
        var places: [String: (number: Int, cancel: AsyncStream<Void>.Continuation)] = [:]
    }

    private let state = Locked(State())

    /// Work that can be cancelled now.
    var count: Int { state.withLock { $0.places.count } }

    /// Makes a place for work that is about to run; it can be cancelled from now on.
    func open(_ key: String) -> Place {
        let (stream, cancel) = AsyncStream.makeStream(of: Void.self)
        let number = state.withLock { state in
            state.number += 1
            state.places[key] = (state.number, cancel)
            return state.number
        }
        return Place(key: key, number: number, cancelled: stream)
    }

    /// Ends the work that has got a key last.
    func cancel(_ key: String) { state.withLock { $0.places[key]?.cancel }?.finish() }

    /// Runs work in its place until it is done, or cancelled.
    func run(_ place: Place, _ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { for await _ in place.cancelled {} }
            await group.next()
            group.cancelAll()
        }
        state.withLock { state in
            if state.places[place.key]?.number == place.number { state.places[place.key] = nil }
        }
    }
}

/// Whether the client of a connection is still there: the work for one that has left is cancelled.
final class ClientPresence: Sendable {
    private let leaving: AsyncStream<Void>
    private let leave: AsyncStream<Void>.Continuation

    init() {
        (leaving, leave) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The connection is gone, and with it whoever waits for its answers.
    func end() { leave.finish() }

    /// Serves a connection; the task that does it is cancelled when the client has left.
    ///
    /// There is one more task for a connection, and none for a request.
    func serve(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { [leaving] in for await _ in leaving {} }
            // The first to end ends the other: the work is done, or nobody waits for it.
            await group.next()
            group.cancelAll()
        }
    }
}

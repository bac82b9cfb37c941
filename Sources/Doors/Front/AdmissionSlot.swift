import Hummingbird
import NIOCore

/// A request's place among those that run at once. It is given up while the server waits for bytes of the client, so
/// that slow clients do not keep others out; the number of their connections is bounded elsewhere
/// (``HTTPConnectionLimits/connections``).
///
/// A request that was admitted stays admitted: it is counted again without being refused, and so a few more than the
/// limit may run for a moment.
struct AdmissionSlot: Sendable {
    fileprivate let pause: @Sendable () -> Void
    fileprivate let resume: @Sendable () -> Void

    init(pause: @escaping @Sendable () -> Void, resume: @escaping @Sendable () -> Void) {
        self.pause = pause
        self.resume = resume
    }

    /// Runs what waits for the client.
    func waiting<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        pause()
        defer { resume() }
        return try await body()
    }
}

/// A body that gives up its request's place while its next bytes are awaited.
struct AwaitedBody: AsyncSequence, Sendable {
    let base: RequestBody
    let slot: AdmissionSlot?

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), slot: slot) }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        let slot: AdmissionSlot?

        /// The next bytes; nil at the end.
        @concurrent mutating func next() async throws -> ByteBuffer? {
            slot?.pause()
            defer { slot?.resume() }
            return try await base.next()
        }
    }
}

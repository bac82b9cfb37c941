package import NIOCore

/// The bytes of an answer as they come.
package struct HTTPReplyBody: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    typealias Producer = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, HTTPBodyDemand
    >

    let base: Producer

    /// Takes one piece after the other.
    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: Producer.AsyncIterator

        /// - Throws: ``HTTPCallFailure``.
        package mutating func next() async throws -> ByteBuffer? { try await next(isolation: #isolation) }

        /// - Throws: ``HTTPCallFailure``.
        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
            try await base.next(isolation: actor)
        }
    }

    /// An iterator over the pieces as they arrive; a body is read once.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator()) }
}

/// Tells the connection's handler, on its event loop, what the reader of the body does.
struct HTTPBodyDemand: NIOAsyncSequenceProducerDelegate {
    let handler: NIOLoopBound<HTTPExchange>

    func produceMore() { handler.eventLoop.execute { handler.value.readerWantsMore() } }

    func didTerminate() { handler.eventLoop.execute { handler.value.readerIsGone() } }
}

import NIOCore

/// The messages of one client as an asynchronous sequence; the socket is read no further while too many wait.
package struct WebSocketMessages: AsyncSequence, Sendable {
    package typealias Element = WebSocketMessage
    typealias Producer = NIOAsyncSequenceProducer<
        WebSocketMessage, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    private let producer: Producer

    /// A new sequence and the end that feeds it.
    static func make(limits: WebSocketLimits, channel: any Channel) -> (WebSocketMessages, Producer.Source) {
        let made = Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: 1, highWatermark: limits.bufferedMessages),
            finishOnDeinit: false, delegate: Demand(channel: channel))
        return (WebSocketMessages(producer: made.sequence), made.source)
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(base: producer.makeAsyncIterator())
    }

    /// Takes one message after the other.
    package struct Iterator: AsyncIteratorProtocol {
        private let base: Producer.AsyncIterator

        fileprivate init(base: Producer.AsyncIterator) {
            self.base = base
        }

        /// The next message; nil when the connection has closed or the task is cancelled.
        @concurrent package mutating func next() async -> WebSocketMessage? {
            await base.next()
        }
    }

    /// Tells the socket's side that messages have been taken.
    struct Demand: NIOAsyncSequenceProducerDelegate {
        let channel: any Channel

        func produceMore() {
            channel.triggerUserOutboundEvent(WebSocketCommand.resume, promise: nil)
        }

        /// A reader that has left wants no more messages; the next ones are dropped as they come.
        func didTerminate() {
            channel.triggerUserOutboundEvent(WebSocketCommand.resume, promise: nil)
        }
    }
}

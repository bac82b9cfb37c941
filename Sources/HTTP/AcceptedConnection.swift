import HummingbirdCore
package import NIOCore
package import NIOHTTPTypes
import Synchronization

/// A connection on its way to its handler; one that is dropped on the way closes itself.
///
/// A server that is cancelled drops the connections that it has accepted and not handed over yet, and a
/// `NIOAsyncChannel` that nobody has ever used ends the process.
package final class AcceptedConnection: ServerChildChannelValue {
    package typealias Stream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private let stream: Stream
    /// Whether its client is still there.
    let presence: ClientPresence
    private let isTaken = Atomic(false)

    init(_ stream: Stream, _ presence: ClientPresence) {
        self.stream = stream
        self.presence = presence
    }

    package var channel: any Channel { stream.channel }

    /// The connection, for whoever handles it.
    func take() -> Stream {
        isTaken.store(true, ordering: .relaxed)
        return stream
    }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        let stream = stream
        // Nobody waits for it: there is no one left who could, and it does nothing but close.
        Task { try? await stream.executeThenClose { _, _ in } }
    }
}

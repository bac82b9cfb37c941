package import struct Foundation.Data

/// Gets the pictures behind URLs that clients send; a server has one only where its owner allows it.
package protocol PictureFetcher: Sendable {
    /// The picture behind a URL, complete and of a kind that Hearth accepts.
    /// - Parameter limit: Bytes of the picture.
    /// - Throws: ``HearthError`` `invalid_request`, `overloaded`, `deadline_exceeded`, and `CancellationError`. The
    ///   message is the same whatever was found: a caller must not learn by it what is in the server's network.
    func fetch(_ url: String, limit: Int, deadline: ContinuousClock.Instant) async throws -> Data
}

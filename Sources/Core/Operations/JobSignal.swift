/// Tells every process of this machine that jobs or their events have changed; losing a signal only costs time.
package protocol JobSignal: Sendable {
    /// Called after each commit that changes jobs; must not block.
    func ring()

    /// One element (or several rings folded into one) after each ring, from this or another process.
    func rings() -> AsyncStream<Void>
}

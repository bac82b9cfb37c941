/// Tells every process of this machine that jobs or their events have changed; losing a signal only costs time.
package protocol JobSignal: AnyObject, Sendable {
    /// Called after each commit that changes jobs; must not block.
    func ring()

    /// One element (or several rings folded into one) after each ring, from this or another process.
    /// - Parameter isWanted: asked at each ring, on the thread that rings; when it says no, the stream gets no element.
    ///   Must not block.
    func rings(while isWanted: @escaping @Sendable () -> Bool) -> AsyncStream<Void>
}

extension SQLConnection {
    /// Rings after the commit: once for all writes that share it.
    package func ringAfterCommit(_ signal: any JobSignal) { afterCommit(onceFor: signal) { signal.ring() } }
}

extension JobSignal {
    /// An element after each ring.
    package func rings() -> AsyncStream<Void> { rings { true } }
}

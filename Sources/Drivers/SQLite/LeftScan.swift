import Synchronization

/// Whether the caller of a long read has gone, asked on the thread that reads.
final class LeftScan: Sendable {
    private let isSet = Atomic(false)

    func set() { isSet.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` when it has.
    func check() throws { if isSet.load(ordering: .relaxed) { throw CancellationError() } }
}

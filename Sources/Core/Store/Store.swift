/// The rows. Bodies are synchronous: there is no `await` inside a transaction.
package protocol Store: Sendable {
    /// Runs a body on a consistent snapshot; on the caller's thread, where a driver need not wait for one.
    ///
    /// So it may return without having suspended: a loop that reads until something has changed must suspend by itself
    /// (`Task.sleep`), or it holds one of the few cooperative threads.
    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T

    /// As ``read(_:)``, for a body that goes through many rows: it holds none of the few cooperative threads, which
    /// answer all other callers meanwhile. It ends soon after its caller was cancelled.
    /// - Throws: what the body throws; `CancellationError`.
    func scan<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T

    /// Runs a body in a transaction and returns when it is on disk.
    ///
    /// Waiting writes share one commit; one that throws leaves nothing behind, and does not disturb the others.
    /// - Throws: what the body throws; ``HearthError`` `overloaded`, `insufficient_storage`, `storage_unavailable`.
    func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T

    /// As ``write(_:)``, for a body that frees space: when the disk is full it may use what is kept for that
    /// (``SpaceReserve``). The body runs a second time then.
    func remove<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T
}

extension Store {
    /// Where reading holds no thread of the caller.
    package func scan<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        try await read(body)
    }

    /// Where no space is kept for it.
    package func remove<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        try await write(body)
    }
}

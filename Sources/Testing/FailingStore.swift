package import HearthCore

/// A store that fails when told to, for simulations.
package struct FailingStore: Store {
    /// What goes wrong with a write.
    package enum Fault: Sendable {
        /// Nothing is written.
        case refused
        /// It is written, but the caller is told that it was not.
        case answerLost
    }

    private let store: any Store
    private let writeFault: @Sendable () -> Fault?
    private let readFails: @Sendable () -> Bool

    /// - Parameters:
    ///   - writeFault: asked once for each write; nil lets it through.
    ///   - readFails: asked once for each read.
    package init(
        _ store: any Store, readFails: @escaping @Sendable () -> Bool = { false },
        writeFault: @escaping @Sendable () -> Fault?
    ) {
        self.store = store
        self.writeFault = writeFault
        self.readFails = readFails
    }

    /// Reads, unless this read is to fail.
    /// - Throws: ``HearthError`` `storage_unavailable` when it is; what `body` throws.
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        if readFails() { throw Self.failure }
        return try await store.read(body)
    }

    /// Writes, unless this write is to fail.
    /// - Throws: ``HearthError`` `storage_unavailable` when it is, whether or not it was written; what `body` throws.
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        let fault = writeFault()
        if case .refused = fault { throw Self.failure }
        let value = try await store.write(body)
        if case .answerLost = fault { throw Self.failure }
        return value
    }

    /// As a write.
    package func remove<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        let fault = writeFault()
        if case .refused = fault { throw Self.failure }
        let value = try await store.remove(body)
        if case .answerLost = fault { throw Self.failure }
        return value
    }

    /// What callers get.
    package static var failure: HearthError {
        HearthError(.storageUnavailable, "The store was told to fail.", retryAfter: 1)
    }
}

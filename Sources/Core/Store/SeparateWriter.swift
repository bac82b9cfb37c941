package import struct Foundation.Data

/// A ``DurableWriter`` for any store and any files: three steps, one after the other.
package struct SeparateWriter: DurableWriter {
    private let store: any Store
    private let blobs: any BlobStore

    package init(store: any Store, blobs: any BlobStore) {
        self.store = store
        self.blobs = blobs
    }

    /// Reads what `plan` says, writes the file, then commits its rows; a file whose rows are
    /// surely not committed is removed.
    package func write<T: Sendable>(
        _ bytes: Data, _ plan: @escaping @Sendable (any SQLConnection) throws -> FilePlan<T>
    ) async throws -> T {
        switch try await store.read(plan) {
        case .unneeded(let value):
            return value
        case .file(let path, let rows):
            try await blobs.write(bytes, to: path)
            return try await commit(rows, naming: path)
        }
    }

    private func commit<T: Sendable>(
        _ rows: @escaping @Sendable (any SQLConnection) throws -> FileRows<T>, naming path: String
    ) async throws -> T {
        let commit = UncertainCommit()
        let outcome: FileRows<T>
        do {
            outcome = try await store.write { db in
                let outcome = try rows(db)
                commit.begin()
                return outcome
            }
        } catch {
            // A row that comes back after a crash must find its file; the sweeper asks the rows.
            if !commit.isPossible(after: error) { try? await blobs.remove(path) }
            throw error
        }
        if !outcome.namesFile { try? await blobs.remove(path) }
        return outcome.value
    }
}

/// What the failure of a commit says about its rows: one of these watches one transaction.
///
///     let commit = UncertainCommit()
///     do {
///         try await store.write { db in
///             …
///             commit.begin()
///         }
///     } catch {
///         if !commit.isPossible(after: error) { … }  // the files have no rows and never will
///     }
package struct UncertainCommit: Sendable {
    private let hasBegun = Locked(false)

    package init() {}

    /// All rows are written; what is left is to commit them.
    package func begin() { hasBegun.withLock { $0 = true } }

    /// Whether the rows of this transaction may turn out to be there although it has failed with this error.
    package func isPossible(after error: any Error) -> Bool {
        hasBegun.withLock { $0 } && Self.isPossible(after: error)
    }

    /// Whether rows may turn out to be there although their commit has failed with this error: the disk may have taken
    /// them before it reported a failure. One that was full has not.
    package static func isPossible(after error: any Error) -> Bool {
        guard let error = error as? HearthError else { return true }
        return error.code != .insufficientStorage && error.code != .overloaded
    }
}

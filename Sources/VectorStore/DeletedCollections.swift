package import HearthCore

/// Removes the rows of collections that are being deleted, step by step.
package struct DeletedCollections: StepwiseDeletion {
    private let store: any Store
    private let table: CollectionTable

    /// What is left of deleted collections in a store.
    package init(store: any Store, table: CollectionTable = CollectionTable()) {
        self.store = store
        self.table = table
    }

    /// Removes some records of one of them, or the collection when it has none left.
    /// - Returns: whether there may be more to do.
    package func step() async throws -> Bool {
        let table = table
        guard let id = try await store.read({ db in try table.deleting(in: db) }) else { return false }
        _ = try await step(of: id)
        return true
    }

    /// The first steps for collections that were just hidden, so that small ones are gone when their caller is
    /// answered. What is left is removed later; so it is when a step fails, because for everyone they are gone already.
    package func begin(_ ids: [String]) async {
        for id in ids {
            for _ in 0..<Limits.stepsAtOnce {
                guard let isGone = try? await step(of: id) else { return }
                if isGone { break }
            }
        }
    }

    /// - Returns: whether the collection is gone.
    private func step(of id: String) async throws -> Bool {
        let table = table
        // Chosen by reading: the lengths of what is stored are looked at while others write.
        let items = try await store.read { db in try table.nextItems(ofDeleted: id, in: db) }
        return try await store.remove { db in try table.deleteStep(of: id, items: items, in: db) }
    }
}

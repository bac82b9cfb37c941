/// What a write asked for after its commit.
struct CommitAction: Sendable {
    /// For whom it is when one of its kind is enough for a commit; kept alive, so that nothing else gets its address.
    let owner: (any AnyObject & Sendable)?
    let run: @Sendable () -> Void
}

extension Sequence<CommitAction> {
    /// Runs them in their order; those with the same owner once.
    func runAll() {
        var owners: Set<ObjectIdentifier> = []
        for action in self {
            if let owner = action.owner, !owners.insert(ObjectIdentifier(owner)).inserted { continue }
            action.run()
        }
    }
}

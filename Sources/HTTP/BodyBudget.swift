package import HearthCore

/// Who holds bytes of a ``BodyBudget``.
package enum BodyHolder: Hashable, Sendable {
    case tenant(Tenant)
    /// The client's address, without its port.
    case address(String)
}

/// Bounds the bytes of request bodies, and of answers that wait for their readers, held in memory by all requests
/// together, and shares them among those who hold them.
///
/// Each holder may have ``Limits/bodyShare`` times what is left for all. One alone gets three quarters, a second one
/// three quarters of the rest, and so on: those who come later find something, however many came before
/// (decision 0040). The first bytes of each body, ``smallBytes``, are not refused.
package final class BodyBudget: Sendable {
    /// The bound in bytes.
    package let limit: Int
    /// Bytes of each reservation that are held beside the bound; requests at once are bounded, and so are these.
    package let smallBytes: Int

    private struct Use {
        var total = 0
        /// By holder; those who hold nothing are not in it.
        var shares: [BodyHolder: Int] = [:]

        mutating func add(_ bytes: Int, by holders: [BodyHolder]) {
            total += bytes
            for holder in holders {
                let share = shares[holder, default: 0] + bytes
                shares[holder] = share == 0 ? nil : share
            }
        }
    }

    private let use = Locked(Use())

    /// - Parameter limit: of all bytes together; an 8,192th of it may be held by each body in any case.
    package init(limit: Int = Limits.bodyBytesInFlight) {
        self.limit = limit
        smallBytes = limit / 8_192
    }

    /// Bytes held now.
    package var bytesInFlight: Int { use.withLock { $0.total } }

    /// A reservation of no bytes yet; it gives back what it holds when it is released.
    /// - Parameter holders: Whose shares it counts in; none where all who ask are one, as in a worker.
    package func reservation(of holders: [BodyHolder] = []) -> BodyReservation {
        BodyReservation(budget: self, holders: holders)
    }

    /// - Throws: ``HearthError`` `overloaded` when the bound, or that of a holder, would be crossed.
    fileprivate func take(_ bytes: Int, of holders: [BodyHolder]) throws(HearthError) {
        enum Refusal { case full, share }
        let refusal = use.withLock { use -> Refusal? in
            let left = limit - use.total
            guard bytes <= left else { return .full }
            let rest = left - bytes
            for holder in holders where use.shares[holder, default: 0] + bytes > Limits.bodyShare * rest {
                return .share
            }
            use.add(bytes, by: holders)
            return nil
        }
        guard let refusal else { return }
        throw HearthError(
            .overloaded,
            refusal == .full
                ? "Too many bytes of bodies and answers are held at once."
                : "Your address or tenant holds too many bytes of bodies and answers at once.",
            hint: "Try again in a moment, and send or ask for less at a time.", retryAfter: 1)
    }

    /// Counts what is there already, also beyond the bound: others wait for it then.
    fileprivate func hold(_ bytes: Int, of holders: [BodyHolder]) {
        use.withLock { $0.add(bytes, by: holders) }
    }

    fileprivate func giveBack(_ bytes: Int, of holders: [BodyHolder]) {
        use.withLock { $0.add(-bytes, by: holders) }
    }
}

/// A share of a ``BodyBudget``, given back when the last reference to it goes.
package final class BodyReservation: Sendable {
    private let budget: BodyBudget
    private let holders: [BodyHolder]
    private let held = Locked(0)

    fileprivate init(budget: BodyBudget, holders: [BodyHolder]) {
        self.budget = budget
        self.holders = holders
    }

    deinit { budget.giveBack(held.withLock { $0 }, of: holders) }

    /// Adds `bytes` to the share.
    /// - Throws: ``HearthError`` `overloaded`.
    package func grow(by bytes: Int) throws(HearthError) {
        try budget.take(bytes, of: holders)
        held.withLock { $0 += bytes }
    }

    /// Adds `bytes` of a body that arrives: as long as it is small, it is admitted whatever others hold.
    /// - Throws: ``HearthError`` `overloaded`.
    package func receive(_ bytes: Int) throws(HearthError) {
        if held.withLock({ $0 }) + bytes <= budget.smallBytes { hold(bytes) } else { try grow(by: bytes) }
    }

    /// Adds `bytes` that are in memory already and cannot be refused any more.
    package func hold(_ bytes: Int) {
        budget.hold(bytes, of: holders)
        held.withLock { $0 += bytes }
    }
}

package import HearthCore

/// Bounds the bytes of request bodies, and of answers that wait for their readers, held in memory by all requests
/// together.
package final class BodyBudget: Sendable {
    /// The bound in bytes.
    package let limit: Int
    private let used = Locked(0)

    package init(limit: Int = Limits.bodyBytesInFlight) {
        self.limit = limit
    }

    /// Bytes held now.
    package var bytesInFlight: Int { used.withLock { $0 } }

    /// A reservation of no bytes yet; it gives back what it holds when it is released.
    package func reservation() -> BodyReservation { BodyReservation(budget: self) }

    /// - Throws: ``HearthError`` `overloaded` when the bound would be crossed.
    fileprivate func take(_ bytes: Int) throws(HearthError) {
        let taken = used.withLock { used in
            guard bytes <= limit - used else { return false }
            used += bytes
            return true
        }
        guard taken else {
            throw HearthError(
                .overloaded, "Too many bytes of bodies and answers are held at once.",
                hint: "Try again in a moment, and send or ask for less at a time.", retryAfter: 1)
        }
    }

    /// Counts what is there already, also beyond the bound: others wait for it then.
    fileprivate func hold(_ bytes: Int) {
        used.withLock { $0 += bytes }
    }

    fileprivate func giveBack(_ bytes: Int) {
        used.withLock { $0 -= bytes }
    }
}

/// A share of a ``BodyBudget``, given back when the last reference to it goes.
package final class BodyReservation: Sendable {
    private let budget: BodyBudget
    private let held = Locked(0)

    fileprivate init(budget: BodyBudget) {
        self.budget = budget
    }

    deinit { budget.giveBack(held.withLock { $0 }) }

    /// Adds `bytes` to the share.
    /// - Throws: ``HearthError`` `overloaded`.
    package func grow(by bytes: Int) throws(HearthError) {
        try budget.take(bytes)
        held.withLock { $0 += bytes }
    }

    /// Adds `bytes` that are in memory already and cannot be refused any more.
    package func hold(_ bytes: Int) {
        budget.hold(bytes)
        held.withLock { $0 += bytes }
    }
}

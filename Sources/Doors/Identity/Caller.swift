package import HearthCore

/// Whose request it is, and what the request has left of the caller's rate.
package struct Caller: Sendable {
    package var principal: Principal
    /// Of the key or of its tenant, whichever is nearer to its end; nil: no rate limits this caller.
    package var rate: TokenBucket.Answer?

    package init(_ principal: Principal, rate: TokenBucket.Answer? = nil) {
        self.principal = principal
        self.rate = rate
    }
}

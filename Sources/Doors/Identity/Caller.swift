package import HearthCore

/// Whose request it is, what the request has left of the caller's rate, and whether the caller's credential has ended.
package struct Caller: Sendable {
    package var principal: Principal
    /// Of the key or of its tenant, whichever is nearer to its end; nil: no rate limits this caller.
    package var rate: TokenBucket.Answer?
    /// The place of its request among those that run; nil: they are not counted.
    var slot: AdmissionSlot?
    private let isStillAccepted: @Sendable () -> Bool

    /// - Parameter isStillAccepted: whether the credential would be accepted again; asked while a connection is open.
    package init(
        _ principal: Principal, rate: TokenBucket.Answer? = nil,
        isStillAccepted: @escaping @Sendable () -> Bool = { true }
    ) {
        self.principal = principal
        self.rate = rate
        self.isStillAccepted = isStillAccepted
    }

    /// Waits until the credential is not accepted any more: it was revoked, or has expired.
    ///
    /// Notices it within ``Limits/credentialCheck``. Returns at once when the task is cancelled.
    package func waitForEnd() async {
        while isStillAccepted(), (try? await Task.sleep(for: Limits.credentialCheck)) != nil {}
    }
}

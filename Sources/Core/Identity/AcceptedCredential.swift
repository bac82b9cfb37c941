/// A credential that was accepted: who calls with it, and whether it would be accepted again.
package struct AcceptedCredential: Sendable {
    package let principal: Principal
    /// Whether it would still be accepted now. It costs a look into memory, so that every open connection can ask again
    /// and again.
    package let isStillAccepted: @Sendable () -> Bool

    package init(_ principal: Principal, isStillAccepted: @escaping @Sendable () -> Bool) {
        self.principal = principal
        self.isStillAccepted = isStillAccepted
    }
}

import HTTPTypes
import HearthCore
import Hummingbird

/// Whose request it is, since when, and until when its client waits.
struct EmbeddingCaller: Sendable {
    let tenant: Tenant
    let start: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant
    /// The body's share of the budget; fetched pictures are added to it.
    let reservation: BodyReservation

    init(tenant: Tenant, start: ContinuousClock.Instant, deadline: ContinuousClock.Instant, _ share: BodyReservation) {
        self.tenant = tenant
        self.start = start
        self.deadline = deadline
        reservation = share
    }

    /// - Throws: ``HearthError`` `unauthorized`; `invalid_request` for a timeout that is no number.
    init(_ request: Request, _ context: DoorContext, _ share: BodyReservation) throws(HearthError) {
        let start = ContinuousClock.now
        self.init(
            tenant: try context.requirePrincipal().tenant, start: start,
            deadline: start + (try Self.timeout(request) ?? Limits.inferenceDeadline), share)
    }

    private static let timeoutField = "x-hearth-timeout-ms"

    /// What the client says in `x-hearth-timeout-ms`, within Hearth's own limit.
    private static func timeout(_ request: Request) throws(HearthError) -> Duration? {
        guard let name = HTTPField.Name(timeoutField), let text = request.headers[name] else { return nil }
        guard let milliseconds = Int32(text), milliseconds > 0 else {
            throw HearthError(
                .invalidRequest, "`\(timeoutField)` must be a number of milliseconds from 1.")
        }
        return min(.milliseconds(milliseconds), Limits.inferenceDeadline)
    }
}

package import Logging

/// Who calls, with what, and until when.
package struct OperationContext: Sendable {
    package let principal: Principal
    package let requestID: String
    /// When the caller stops waiting.
    package let deadline: ContinuousClock.Instant
    package let attachment: Attachment?
    package let logger: Logger

    package init(
        principal: Principal, requestID: String, deadline: ContinuousClock.Instant, attachment: Attachment? = nil,
        logger: Logger
    ) {
        self.principal = principal
        self.requestID = requestID
        self.deadline = deadline
        self.attachment = attachment
        self.logger = logger
    }

    package var tenant: Tenant { principal.tenant }
}

package import HearthJSON
package import Logging

package import struct Foundation.Data

/// Who calls, with what, until when, and where to report to.
package struct OperationContext: Sendable {
    package let principal: Principal
    package let requestID: String
    /// The network address that the call came from, without its port; nil where there is none, as over stdio.
    package let address: String?
    /// When the caller stops waiting.
    package let deadline: ContinuousClock.Instant
    package private(set) var attachment: Attachment?
    /// Where the operation says how far it is; MCP shows it.
    package let progress: ReportSink<ProgressReport>
    /// Where the operation puts pieces of its answer before the whole is ready; no door shows them yet.
    package let stream: ReportSink<JSONValue>
    package let logger: Logger
    /// Counts memory that the operation is about to take for its answer; given back when the call has ended.
    ///
    /// Throws ``HearthError`` `overloaded` when all calls together would hold too much.
    package let reserve: @Sendable (_ bytes: Int) throws(HearthError) -> Void

    package init(
        principal: Principal, requestID: String, address: String? = nil, deadline: ContinuousClock.Instant,
        attachment: Attachment? = nil, progress: ReportSink<ProgressReport> = .dropped,
        stream: ReportSink<JSONValue> = .dropped, logger: Logger,
        reserve: @escaping @Sendable (_ bytes: Int) throws(HearthError) -> Void = { _ in }
    ) {
        self.reserve = reserve
        self.principal = principal
        self.requestID = requestID
        self.address = address
        self.deadline = deadline
        self.attachment = attachment
        self.progress = progress
        self.stream = stream
        self.logger = logger
    }

    package var tenant: Tenant { principal.tenant }

    /// The picture that came with the input; nil when none did.
    package var image: InspectedImage? { if case .image(let image) = attachment { image } else { nil } }

    /// The file that came with the input; nil when none did.
    package var file: Data? { if case .file(let bytes) = attachment { bytes } else { nil } }

    /// Stops work that no caller waits for any more; to be asked between the parts of what takes long.
    /// - Throws: ``HearthError`` `deadline_exceeded`, `CancellationError`.
    package func requireTime() throws {
        try Task.checkCancellation()
        guard ContinuousClock.now < deadline else {
            throw HearthError(.deadlineExceeded, "The answer could not be made in time.", hint: "Ask for less at once.")
        }
    }

    /// The picture of an operation that requires one.
    /// - Throws: ``HearthError`` `invalid_request` when none came.
    package func requireImage() throws(HearthError) -> InspectedImage {
        guard let image else { throw HearthError(.invalidRequest, "The image is missing.") }
        return image
    }

    /// The same call with an attachment.
    func with(_ attachment: Attachment) -> OperationContext {
        var context = self
        context.attachment = attachment
        return context
    }
}

/// A value that a running operation reports to; what a door cannot show is dropped.
package struct ReportSink<Report: Sendable>: Sendable {
    private let take: (@Sendable (Report) async -> Void)?

    /// - Parameter take: Called with each report in turn; the operation goes on when it returns.
    package init(_ take: @escaping @Sendable (Report) async -> Void) { self.take = take }

    private init() { take = nil }

    /// Without a receiver.
    package static var dropped: ReportSink { ReportSink() }

    /// Hands a report on; it is not created without a receiver.
    package func send(_ report: @autoclosure () -> Report) async {
        if let take { await take(report()) }
    }
}

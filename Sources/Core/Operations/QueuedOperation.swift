import HearthJSON

/// An operation that a worker runs later, as its feature keeps it: the one place that makes jobs of its inputs.
///
/// ```swift
/// static let extraction = QueuedOperation(
///     .init("studio.anchors.extract", "Give an anchor its vector.", …), plan: JobPlan(lane: .embed),
///     input: ExtractAnchor.self, subject: \.anchorID, identity: \.anchorID)
///
/// try queue.enqueue(Self.extraction.request(ExtractAnchor(anchorID: id), tenant: tenant), in: db)
/// ```
package struct QueuedOperation<Input: Codable & Sendable>: Sendable {
    package let declaration: Operation.Declaration
    package let plan: JobPlan
    private let subject: @Sendable (Input) -> String?
    private let identity: (@Sendable (Input) -> String)?

    /// - Parameters:
    ///   - subject: What a job is about, for lists and for what derives missing jobs from rows.
    ///   - identity: Inputs of one identity have at most one unfinished job in a tenant; nil: each input has its own.
    ///     An empty text means that the operation has one unfinished job whatever its input is.
    package init(
        _ declaration: Operation.Declaration, plan: JobPlan, input: Input.Type,
        subject: @escaping @Sendable (Input) -> String? = { _ in nil },
        identity: (@Sendable (Input) -> String)? = nil
    ) {
        var declaration = declaration
        declaration.successStatus = 202
        self.declaration = declaration
        self.plan = plan
        self.subject = subject
        self.identity = identity
    }

    /// The kind of its jobs.
    package var name: String { declaration.name }

    /// The job that an input makes.
    /// - Parameter runAt: Milliseconds since 1970; nil means now.
    /// - Throws: ``HearthError`` `internal_error` when the input cannot be written as JSON.
    package func request(
        _ input: Input, tenant: Tenant, priority: Int = 0, runAt: Int64? = nil
    ) throws -> JobRequest {
        let uniqueKey = identity.map { identity in
            let text = identity(input)
            return text.isEmpty ? name : "\(name):\(text)"
        }
        return JobRequest(
            tenant: tenant, kind: name, plan: plan, input: try JSONValueEncoder.encode(input),
            subject: subject(input), priority: priority, runAt: runAt, uniqueKey: uniqueKey)
    }
}

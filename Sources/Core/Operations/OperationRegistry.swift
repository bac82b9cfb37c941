package import HearthJSON

/// The list of everything Hearth does; doors, workers and the command line read it, nothing else lists operations.
package struct OperationRegistry: Sendable {
    package let operations: [Operation]
    private let byName: [String: Operation]
    private let jobs: (any JobSubmitter)?

    /// - Parameter jobs: Takes the jobs of queued operations; nil where none can be submitted, as in a worker.
    /// - Throws: ``HearthError`` `invalid_configuration` when two operations share a name or a route, when one that
    ///   writes asks for permission `read` only, when a queued one takes an attachment, or two different lanes share a
    ///   name.
    package init(_ operations: [Operation], jobs: (any JobSubmitter)? = nil) throws {
        self.operations = operations
        self.jobs = jobs
        var byName: [String: Operation] = [:]
        for operation in operations {
            for name in operation.declaration.allNames {
                guard byName.updateValue(operation, forKey: name) == nil else {
                    throw HearthError(.invalidConfiguration, "Two operations have the name \(name).")
                }
            }
            guard operation.hints.fits(operation.permission) else {
                throw HearthError(
                    .invalidConfiguration, "The permission of \(operation.name) does not fit what it does.",
                    hint: "`read` for what changes nothing, `write` for the rest.")
            }
            guard !operation.isQueued || operation.attachment == nil else {
                throw HearthError(.invalidConfiguration, "\(operation.name) is queued, and jobs have no attachments.")
            }
        }
        self.byName = byName
        let routes = operations.flatMap(\.declaration.routes)
        guard Set(routes).count == routes.count else {
            throw HearthError(.invalidConfiguration, "Two operations share a route.")
        }
        guard Set(lanes.map(\.name)).count == lanes.count else {
            throw HearthError(.invalidConfiguration, "Two different lanes share a name.")
        }
    }

    /// The operation with this name, tool name or alias.
    package subscript(name: String) -> Operation? { byName[name] }

    /// What a worker can run, by kind of job: jobs of earlier versions are found by an operation's aliases.
    package var jobHandlers: [String: JobHandler] {
        byName.compactMapValues { operation in
            if case .queued(let handler, _) = operation.run { handler } else { nil }
        }
    }

    /// What a caller must have to cancel or retry jobs of a kind; nil: no operation runs such jobs.
    package func control(ofJobs kind: String) -> Permission? {
        guard let operation = byName[kind], case .queued(let handler, _) = operation.run else { return nil }
        return handler.plan.control ?? operation.permission
    }

    /// The lanes that its operations run on, by name.
    package var lanes: [Lane] { Set(jobHandlers.values.map(\.plan.lane)).sorted { $0.name < $1.name } }

    /// Checks what a caller may do; doors ask before they read a body.
    /// - Throws: ``HearthError`` `forbidden`.
    package func authorize(_ principal: Principal, for operation: Operation) throws(HearthError) {
        guard principal.permission >= operation.permission else {
            throw HearthError(.forbidden, "This credential may not call \(operation.name).")
        }
    }

    /// Runs an operation and returns its output, after the wait that the caller has asked for; of one that is queued,
    /// submits the job and returns its ticket.
    /// - Throws: as ``begin(_:input:context:)``.
    package func call(_ operation: Operation, input: JSONValue, context: OperationContext) async throws -> JSONValue {
        try await begin(operation, input: input, context: context).finished().value
    }

    /// Runs an operation up to its answer; a caller who wants to wait for what follows calls
    /// ``OperationAnswer/finished()``, and holds nothing of the input by then.
    ///
    /// An attachment in the input's base64 field is taken out, inspected and put into the context, so that an operation
    /// gets it in one form from every door.
    /// - Throws: ``HearthError`` `forbidden`, `invalid_request`, and what the operation throws.
    package func begin(
        _ operation: Operation, input: JSONValue, context: OperationContext
    ) async throws -> OperationAnswer {
        try authorize(context.principal, for: operation)
        let (input, context) = try Self.attach(operation, input, context)
        switch operation.run {
        case .now(let run):
            return try await run(input, context)
        case .queued(_, let request):
            guard let jobs else {
                throw HearthError(.invalidRequest, "\(operation.name) cannot be submitted to this process.")
            }
            return try await OperationAnswer(jobs.submit(request(input, context.tenant)))
        }
    }

    private static func attach(
        _ operation: Operation, _ input: JSONValue, _ context: OperationContext
    ) throws -> (JSONValue, OperationContext) {
        guard let rule = operation.attachment else { return (input, context) }
        var (input, context) = (input, context)
        if let value = input[rule.base64Field] {
            input[rule.base64Field] = nil
            if !value.isNull {
                guard let text = value.stringValue else {
                    throw HearthError(.invalidRequest, "`\(rule.base64Field)` must be a string.")
                }
                guard context.attachment == nil else {
                    throw HearthError(.invalidRequest, "The \(rule.field) is given more than once.")
                }
                context = context.with(
                    try rule.attachment(of: Base64.read(text, field: rule.base64Field)))
            }
        }
        guard !rule.isRequired || context.attachment != nil else {
            // It may be there under another name, which the error for that name says.
            if let fields = input.objectValue { try operation.check(fields) }
            throw HearthError(
                .invalidRequest, "The \(rule.field) is missing.",
                hint: "Send it as the raw body, as the multipart file `\(rule.field)`, or in `\(rule.base64Field)`.")
        }
        return (input, context)
    }
}

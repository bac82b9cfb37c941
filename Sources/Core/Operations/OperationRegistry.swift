package import HearthJSON

/// The list of everything Hearth does; doors and workers read it, nothing else lists operations.
package struct OperationRegistry: Sendable {
    package let operations: [Operation]
    private let byName: [String: Operation]

    /// - Throws: ``HearthError`` `invalid_configuration` when two operations share a name or a route, or two different
    ///   lanes a name.
    package init(_ operations: [Operation]) throws {
        self.operations = operations
        byName = Dictionary(operations.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let routes = operations.flatMap(\.routes)
        guard byName.count == operations.count, Set(routes).count == routes.count else {
            throw HearthError(.invalidConfiguration, "Two operations share a name or a route.")
        }
        guard Set(lanes.map(\.name)).count == lanes.count else {
            throw HearthError(.invalidConfiguration, "Two different lanes share a name.")
        }
    }

    package subscript(name: String) -> Operation? { byName[name] }

    /// What a worker can run, by operation.
    package var jobHandlers: [String: JobHandler] {
        byName.compactMapValues { operation in
            if case .queued(let handler) = operation.run { handler } else { nil }
        }
    }

    /// The lanes that its operations run on, by name.
    package var lanes: [Lane] { Set(jobHandlers.values.map(\.plan.lane)).sorted { $0.name < $1.name } }

    /// Checks the permission, runs an immediate operation and returns its output.
    /// - Throws: ``HearthError`` `forbidden`, `invalid_request`, and what the operation throws.
    package func call(_ operation: Operation, input: JSONValue, context: OperationContext) async throws -> JSONValue {
        guard context.principal.permission >= operation.permission else {
            throw HearthError(.forbidden, "This credential may not call \(operation.name).")
        }
        guard case .now(let run) = operation.run else {
            throw HearthError(.invalidRequest, "\(operation.name) runs only as a job.")
        }
        if let rule = operation.attachment, rule.isRequired, context.attachment == nil,
            input[rule.base64Field] == nil
        {
            throw HearthError(
                .invalidRequest, "The \(rule.field) is missing.",
                hint: "Send it as the raw body, as the multipart file `\(rule.field)`, or in `\(rule.base64Field)`.")
        }
        return try await run(input, context)
    }
}

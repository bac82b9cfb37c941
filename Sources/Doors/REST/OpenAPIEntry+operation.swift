import HearthCore
import HearthJSON

extension OpenAPIEntry {
    /// What an operation's route takes and gives, read off the operation's types.
    /// - Parameter isAlias: the operation has another, canonical route.
    init(_ operation: Operation, at route: Route, isAlias: Bool) {
        let input = OperationInputSchema(operation, at: route)
        self.init(
            // An identifier must be unique in the document, so aliases carry their path.
            isAlias ? "\(operation.name):\(route.path)" : operation.name, operation.summary,
            parameters: input.parameters, content: input.content, status: operation.successStatus,
            answer: operation.outputSchema)
        description = operation.description
        success = operation.isQueued ? "The job that does it." : "Success."
        needsBody = input.needsBody
        if operation.isAwaitable { unfinished = "What `wait` waits for has not ended in time; it goes on." }
        hasPage = operation.page != nil
        extensions["x-hearth-operation"] = Self.extensions(of: operation)
    }

    /// What OpenAPI has no words for.
    private static func extensions(of operation: Operation) -> JSONValue {
        var extensions: JSONValue = [
            "permission": .string(operation.permission.rawValue), "hints": operation.hints.json,
            "deadline_ms": .int(operation.deadline.milliseconds),
        ]
        if let tool = operation.tool { extensions["tool"] = .string(tool) }
        return extensions
    }
}

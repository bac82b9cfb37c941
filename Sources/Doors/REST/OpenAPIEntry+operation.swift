import HearthCore
import HearthJSON

extension OpenAPIEntry {
    /// What an operation's route takes and gives, read off the operation's types.
    /// - Parameter isAlias: the operation has another, canonical route.
    init(_ operation: Operation, at route: Route, isAlias: Bool) {
        let inPath = Set(route.parameters)
        let isInQuery = route.method == .get || route.method == .delete
        self.init(
            // An identifier must be unique in the document, so aliases carry their path.
            isAlias ? "\(operation.name):\(route.path)" : operation.name, operation.summary,
            parameters: Self.parameters(operation, inPath: inPath, query: isInQuery),
            content: isInQuery ? nil : Self.content(operation, inPath: inPath), status: operation.successStatus,
            answer: operation.outputSchema)
        description = operation.description
        success = operation.isQueued ? "The job that does it." : "Success."
        if operation.isAwaitable { unfinished = "What `wait` waits for has not ended in time; it goes on." }
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

    private static func parameters(_ operation: Operation, inPath: Set<String>, query: Bool) -> [JSONValue] {
        let required = Set(operation.inputSchema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let properties = operation.inputSchema["properties"]?.objectValue?.members ?? []
        return properties.compactMap { property in
            guard query || inPath.contains(property.key), property.key != operation.attachment?.base64Field else {
                return nil
            }
            let isPath = inPath.contains(property.key)
            var schema = property.value
            schema["description"] = nil
            return [
                "name": .string(property.key), "in": isPath ? "path" : "query",
                "required": .bool(isPath || required.contains(property.key)),
                "description": property.value["description"] ?? .string(""), "schema": schema,
            ]
        }
    }

    private static func content(_ operation: Operation, inPath: Set<String>) -> JSONObject {
        var schema = operation.inputSchema
        var properties = schema["properties"]?.objectValue ?? JSONObject()
        for name in inPath { properties[name] = nil }
        schema["properties"] = .object(properties)
        if let required = schema["required"]?.arrayValue {
            let left = required.filter { !inPath.contains($0.stringValue ?? "") }
            schema["required"] = left.isEmpty ? nil : .array(left)
        }
        var content: JSONObject = ["application/json": schema]
        if let rule = operation.attachment {
            properties[rule.base64Field] = nil
            properties[rule.field] = BodyRule.file
            var form = schema
            form["properties"] = .object(properties)
            content["multipart/form-data"] = form
            for type in rule.mediaTypes.isEmpty ? ["image/*"] : rule.mediaTypes { content[type] = BodyRule.file }
        }
        return content
    }
}

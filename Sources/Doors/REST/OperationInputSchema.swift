import HearthCore
import HearthJSON

/// What an operation takes at one of its routes: in the path, in the query, and in each form of the body.
struct OperationInputSchema {
    private let operation: Operation
    private let inPath: Set<String>
    /// Fields stand in the query because there is no body.
    private let isInQuery: Bool

    init(_ operation: Operation, at route: Route) {
        self.operation = operation
        inPath = Set(route.parameters)
        isInQuery = route.method == .get || route.method == .delete
    }

    private var properties: [JSONObject.Member] { operation.inputSchema["properties"]?.objectValue?.members ?? [] }
    private var required: Set<String> {
        Set(operation.inputSchema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []).subtracting(inPath)
    }

    /// Parameters of path and query. Beside a body that is a picture, the fields stand in the query.
    var parameters: [JSONValue] {
        properties.compactMap { property in
            let isPath = inPath.contains(property.key)
            guard isPath || isInQuery || operation.attachment != nil,
                property.key != operation.attachment?.base64Field
            else { return nil }
            var schema = property.value
            schema["description"] = nil
            var parameter: JSONValue = [
                "name": .string(property.key), "in": isPath ? "path" : "query",
                "required": .bool(isPath || isInQuery && required.contains(property.key)),
                "description": property.value["description"] ?? .string(""),
            ]
            if Self.isText(schema) {
                parameter["schema"] = schema
            } else {
                // An object or a list stands there as its JSON text.
                parameter["content"] = ["application/json": ["schema": schema]]
            }
            return parameter
        }
    }

    /// Whether a query has a value of it as it is.
    private static func isText(_ schema: JSONValue) -> Bool {
        ["string", "integer", "number", "boolean"].contains(schema["type"]?.stringValue)
    }

    /// Whether the request makes no sense without a body.
    var needsBody: Bool { !isInQuery && (operation.attachment?.isRequired ?? !required.isEmpty) }

    /// Schemas of the body by its media type; nil where there is none.
    var content: JSONObject? {
        guard !isInQuery else { return nil }
        let rule = operation.attachment
        var content: JSONObject = [
            "application/json": body(adding: rule.map { $0.isRequired ? [$0.base64Field] : [] } ?? [])
        ]
        if let rule {
            var form = body(adding: rule.isRequired ? [rule.field] : [], canBeNull: false)
            form["properties"]?[rule.base64Field] = nil
            form["properties"]?[rule.field] = Self.file(rule)
            content["multipart/form-data"] = form
            for type in rule.mediaTypes.isEmpty ? ["image/*"] : rule.mediaTypes { content[type] = Self.file(rule) }
        }
        return content
    }

    /// The schema of the fields of a body; where null is as good as nothing, it says so.
    /// - Parameter canBeNull: whether there is a null: the parts of a form are texts.
    private func body(adding names: [String], canBeNull: Bool = true) -> JSONValue {
        var schema = canBeNull ? Self.nullable(operation.inputSchema) : operation.inputSchema
        for name in inPath { schema["properties"]?[name] = nil }
        let all = properties.map(\.key).filter(required.contains) + names
        schema["required"] = all.isEmpty ? nil : .array(all.map { .string($0) })
        for name in names where schema["properties"]?[name] != nil {
            schema["properties"]?[name] = operation.inputSchema["properties"]?[name]
        }
        return schema
    }

    /// A file of a form or a raw body: a picture, or bytes that are not none.
    private static func file(_ rule: AttachmentRule) -> JSONValue {
        var file = BodyRule.sentFile
        if rule.kind == .image { file["format"] = "picture" } else { file["minLength"] = 1 }
        return file
    }

    /// Fields that may be left out may be null as well.
    private static func nullable(_ schema: JSONValue) -> JSONValue {
        var schema = schema
        if let items = schema["items"] { schema["items"] = nullable(items) }
        guard let properties = schema["properties"]?.objectValue else { return schema }
        let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        schema["properties"] = .object(
            properties.members.reduce(into: JSONObject()) { result, property in
                var field = nullable(property.value)
                if !required.contains(property.key), let type = field["type"]?.stringValue {
                    field["type"] = [.string(type), "null"]
                    if let words = field["enum"]?.arrayValue { field["enum"] = .array(words + [.null]) }
                }
                result[property.key] = field
            })
        return schema
    }
}

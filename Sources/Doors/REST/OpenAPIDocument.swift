import HearthCore
import HearthJSON

/// The OpenAPI 3.1 description of every route: read off the registry, and what doors add by hand.
struct OpenAPIDocument {
    let json: JSONValue

    init(_ registry: OperationRegistry, _ routes: [OpenAPIRoute] = []) {
        var paths = JSONObject()
        for operation in registry.operations {
            for (index, route) in operation.routes.enumerated() {
                var item = paths[route.path] ?? [:]
                item[route.method.rawValue.lowercased()] = Self.describe(operation, route, isAlias: index > 0)
                paths[route.path] = item
            }
        }
        for route in routes {
            var item = paths[route.path] ?? [:]
            item[route.method.rawValue.lowercased()] = route.json
            paths[route.path] = item
        }
        json = [
            "openapi": "3.1.0",
            "info": [
                "title": "Hearth", "version": .string(Hearth.version),
                "description": "Keeps AI models warm for apps that recognise and remember.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "paths": .object(paths),
            "components": ["schemas": ["Error": errorSchema]],
        ]
    }

    private static func describe(_ operation: Operation, _ route: Route, isAlias: Bool) -> JSONValue {
        let inPath = Set(route.parameters)
        var description: JSONValue = [
            // An identifier must be unique in the document, so aliases carry their path's first words.
            "operationId": .string(isAlias ? "\(operation.name):\(route.path)" : operation.name),
            "summary": .string(operation.summary),
            "tags": [.string(String(operation.name.split(separator: ".").first ?? ""))],
        ]
        let isInQuery = route.method == .get || route.method == .delete
        let parameters = parameters(operation, inPath: inPath, query: isInQuery)
        if !parameters.isEmpty { description["parameters"] = .array(parameters) }
        if !isInQuery { description["requestBody"] = requestBody(operation, inPath: inPath) }
        description["responses"] = [
            "\(operation.successStatus)": [
                "description": "Success.", "content": ["application/json": ["schema": operation.outputSchema]],
            ],
            "default": [
                "description": "An error: what was wrong, and what is allowed.",
                "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
            ],
        ]
        return description
    }

    private static func parameters(_ operation: Operation, inPath: Set<String>, query: Bool) -> [JSONValue] {
        let required = Set(operation.inputSchema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let properties = operation.inputSchema["properties"]?.objectValue?.members ?? []
        return properties.compactMap { property in
            guard query || inPath.contains(property.key) else { return nil }
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

    private static func requestBody(_ operation: Operation, inPath: Set<String>) -> JSONValue {
        var schema = operation.inputSchema
        var properties = schema["properties"]?.objectValue ?? JSONObject()
        for name in inPath { properties[name] = nil }
        schema["properties"] = .object(properties)
        if let required = schema["required"]?.arrayValue {
            let left = required.filter { !inPath.contains($0.stringValue ?? "") }
            schema["required"] = left.isEmpty ? nil : .array(left)
        }
        var content: JSONValue = ["application/json": ["schema": schema]]
        if let rule = operation.attachment {
            properties[rule.base64Field] = nil
            properties[rule.field] = ["type": "string", "contentMediaType": "application/octet-stream"]
            var form = schema
            form["properties"] = .object(properties)
            content["multipart/form-data"] = ["schema": form]
            for type in rule.mediaTypes.isEmpty ? ["image/*"] : rule.mediaTypes {
                content[type] = ["schema": ["type": "string", "contentMediaType": "application/octet-stream"]]
            }
        }
        return ["content": content]
    }

    private let errorSchema: JSONValue = [
        "type": "object", "required": ["error"],
        "properties": [
            "error": [
                "type": "object", "required": ["code", "message"],
                "properties": [
                    "code": ["type": "string"], "message": ["type": "string"], "hint": ["type": "string"],
                ],
            ]
        ],
    ]
}

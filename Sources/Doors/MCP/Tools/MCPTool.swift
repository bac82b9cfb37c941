package import HearthCore
package import HearthJSON

/// An operation as a language model is told of it.
package struct MCPTool: Sendable {
    package let name: String
    package let operation: HearthCore.Operation

    /// Whether a picture goes with the call, which a chat cannot send as a part of the call.
    package var takesPicture: Bool { operation.attachment?.kind == .image }

    /// How a picture is named in place of being sent.
    package static let pictureFields: [(name: String, note: String)] = [
        (
            "path",
            "The picture: a path or file:// address inside one of the allowed folders (the user's Pictures, Downloads "
                + "and Desktop, unless set otherwise), or the name of a file in Hearth's inbox folder."
        ),
        ("url", "Or its https:// address, where this server may fetch from the internet."),
        ("upload_id", "Or what `upload_link` has answered, after the picture was sent to the link."),
        ("image_base64", "Or its bytes in base64: for programs; a chat cannot write out a picture."),
    ]

    /// Fields of operations that are for other callers: a tool answers at once, and `wait_for_job` waits. Pictures that
    /// a request starts from are kept by an operation that is no tool.
    private static let hiddenFields = ["wait", "preview", "idempotency_key", "pictures"]
    /// Formats that are known outside of Hearth.
    private static let knownFormats: Set<String> = ["uuid", "uri", "date-time", "email"]

    /// `Register character anchor`.
    var title: String {
        let words = name.replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// What its arguments are.
    package var inputSchema: JSONValue {
        var schema = Self.plain(operation.inputSchema)
        var properties = schema["properties"]?.objectValue ?? [:]
        for name in Self.hiddenFields { properties[name] = nil }
        if let rule = operation.attachment {
            properties[rule.base64Field] = nil
            let fields = takesPicture ? Self.pictureFields : []
            for field in fields { properties[field.name] = ["type": "string", "description": .string(field.note)] }
        }
        schema["properties"] = .object(properties)
        return schema
    }

    /// What it answers.
    var outputSchema: JSONValue { Self.plain(operation.outputSchema) }

    /// As `tools/list` says it.
    func json(in version: MCPVersion) -> JSONValue {
        var json: JSONValue = [
            "name": .string(name), "description": .string("\(operation.summary) \(operation.description)"),
            "inputSchema": inputSchema,
        ]
        if version.hasStructuredContent {
            json["title"] = .string(title)
            json["outputSchema"] = outputSchema
        }
        if version.hasAnnotations {
            let hints = operation.hints
            json["annotations"] = [
                "title": .string(title), "readOnlyHint": .bool(hints.isReadOnly),
                "destructiveHint": .bool(hints.isDestructive), "idempotentHint": .bool(hints.isIdempotent),
                // Only a picture can come from somewhere else.
                "openWorldHint": .bool(takesPicture),
            ]
        }
        return json
    }

    /// A schema without what only Hearth's own doors know.
    private static func plain(_ schema: JSONValue) -> JSONValue {
        switch schema {
        case .object(let object):
            var result = JSONObject()
            for member in object.members {
                if member.key == "properties", let properties = member.value.objectValue {
                    var fields = JSONObject()
                    for property in properties.members { fields[property.key] = plain(property.value) }
                    result["properties"] = .object(fields)
                } else if member.key == "format", !knownFormats.contains(member.value.stringValue ?? "") {
                    continue
                } else if member.key == "examples" || member.key == "enum" {
                    result[member.key] = member.value
                } else {
                    result[member.key] = plain(member.value)
                }
            }
            return .object(result)
        case .array(let elements): return .array(elements.map(plain))
        default: return schema
        }
    }
}

/// The tools of a server, in an order that does not change.
package struct MCPTools: Sendable {
    package let all: [MCPTool]

    /// The order in which tools are listed: that of the work. Clients keep the list in front of their model, and
    /// another order would be another list.
    private static let order = [
        "register_character_anchor", "generate_image", "generate_video_segment", "list_characters", "get_character",
        "update_bible", "find_character", "get_job", "wait_for_job", "list_jobs", "cancel_job", "get_output",
        "upload_link", "server_status",
    ]

    /// Those of the operations that there are; a part of them may be missing. Products have doors of their own.
    package init(_ registry: OperationRegistry) {
        all = Self.order.compactMap { name in
            registry[name].map { MCPTool(name: name, operation: $0) }
        }
    }

    package subscript(name: String) -> MCPTool? { all.first { $0.name == name } }
}

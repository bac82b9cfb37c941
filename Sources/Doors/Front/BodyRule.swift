import HearthCore
package import HearthJSON

/// What a route's body is: what it may be declared as, how long it may be, and how ``DoorCall`` reads it.
package struct BodyRule: Sendable {
    /// Schemas by media type, for `/openapi.json`.
    package let content: JSONObject
    /// Longest body in bytes.
    package let limit: Int
    /// No body stands for an empty object.
    package var isOptional = false
    /// Mostly numbers: parsed, they take up to twelve times as much memory as written.
    package var isNumbers = false
    /// A declared content type that is not JSON is refused; otherwise it is ignored.
    package var isStrict = false

    /// - Parameter content: schemas by media type.
    package init(content: JSONObject, limit: Int) {
        self.content = content
        self.limit = limit
    }

    /// A schema for any JSON object.
    package static let anyObject: JSONValue = ["type": "object"]
    /// A schema for a file, which has no type of JSON's.
    package static let file: JSONValue = ["contentMediaType": "application/octet-stream"]
    /// The same for a file that a client sends: what makes requests of the description must not send another type.
    package static let sentFile: JSONValue = ["type": "string", "contentMediaType": "application/octet-stream"]

    /// A JSON object.
    package static func json(
        _ schema: JSONValue = anyObject, limit: Int = Limits.plainBodyBytes, isOptional: Bool = false,
        isStrict: Bool = false
    ) -> BodyRule {
        var rule = BodyRule(content: ["application/json": schema], limit: limit)
        rule.isOptional = isOptional
        rule.isStrict = isStrict
        return rule
    }

    /// A JSON object that is mostly numbers.
    package static func numbers(_ schema: JSONValue = anyObject, limit: Int) -> BodyRule {
        var rule = BodyRule(content: ["application/json": schema], limit: limit)
        rule.isNumbers = true
        return rule
    }

    /// A form with files.
    package static func form(_ schema: JSONValue = anyObject, limit: Int = Limits.bodyBytes) -> BodyRule {
        BodyRule(content: ["multipart/form-data": schema], limit: limit)
    }
}

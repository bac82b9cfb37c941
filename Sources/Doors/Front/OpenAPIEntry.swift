import HTTPTypes
import HearthCore
import HearthHTTP
package import HearthJSON

/// What `/openapi.json` says of a route besides its path, its body, its errors and who may call it, which the route
/// itself knows.
package struct OpenAPIEntry: Sendable {
    /// Unique in the document.
    let identifier: String
    let summary: String
    /// More about it than the summary; nil: there is no more.
    var description: String?
    /// What success means.
    var success = "Success."
    /// What 202 means beside success, with the same answer; nil: it is never answered.
    var unfinished: String?
    /// Members that OpenAPI has no words for; their names begin with `x-`.
    var extensions = JSONObject()
    /// Parameters of the path that say more than their name, of the query and of headers, as OpenAPI writes them.
    var parameters: [JSONValue]
    /// The body of the request, when the route's rule does not say it; see ``BodyRule``.
    var content: JSONObject?
    /// Whether a request without a body is refused, when the route's rule does not say it.
    var needsBody = false
    /// Status of success.
    var status: Int
    /// Media type of the answer.
    var mediaType: String
    /// Schema of the answer; nil: it has no body.
    var answer: JSONValue?
    /// Other media types that an answer may have.
    var otherMediaTypes: [String] = []
    /// Whether a caller that asks for `text/html` gets a page.
    var hasPage = false
    /// Schema of errors in another protocol's shape that the route has besides its own.
    var otherErrors: JSONValue?
    /// Answers by their status besides success, as OpenAPI writes them.
    var otherAnswers = JSONObject()

    /// - Parameter identifier: its first word, up to a dot, is the group in which the route is listed.
    package init(
        _ identifier: String, _ summary: String, parameters: [JSONValue] = [], content: JSONObject? = nil,
        status: Int = 200, mediaType: String = "application/json", answer: JSONValue?
    ) {
        self.identifier = identifier
        self.summary = summary
        self.parameters = parameters
        self.content = content
        self.status = status
        self.mediaType = mediaType
        self.answer = answer
    }

    /// A parameter of the query.
    package static func query(
        _ name: String, _ description: String, _ schema: JSONValue = ["type": "string"], isRequired: Bool = false
    ) -> JSONValue {
        [
            "name": .string(name), "in": "query", "required": .bool(isRequired), "description": .string(description),
            "schema": schema,
        ]
    }

    /// A number of the query, from 0 on.
    package static func queryCount(_ name: String, _ description: String) -> JSONValue {
        query(name, description, ["type": "integer", "minimum": 0, "maximum": .int(.max)])
    }
}

extension DoorRoute {
    /// Refuses fields of a query that the route's entry does not name, with the one that was probably meant.
    /// - Throws: ``HearthError`` `invalid_request`.
    func checkQuery(_ query: String?) throws(HearthError) {
        guard refusesUnknownQuery, let query, !query.isEmpty else { return }
        let names = try QueryFields(query).fields.map(\.name)
        let known = description().parameters.filter { $0["in"] == "query" }.compactMap { $0["name"]?.stringValue }
        guard let stray = names.first(where: { !known.contains($0) }) else { return }
        let list = known.isEmpty ? "This path takes none." : "There are: \(known.joined(separator: ", "))."
        let fields = known + (errors.isHearths ? [IndentedAnswer.field] : [])
        let nearest = NearestName.of(stray, among: fields).map { "Did you mean `\($0)`? " } ?? ""
        throw HearthError(
            .invalidRequest, "`\(stray.prefix(60))` is not a known field of the query.", hint: nearest + list)
    }

    /// Its place in the document.
    var openAPI: JSONValue {
        let entry = description()
        var operation: JSONValue = [
            "operationId": .string(entry.identifier), "summary": .string(entry.summary),
            "tags": [.string(String(entry.identifier.prefix { $0 != "." }))], "security": security,
        ]
        if let description = entry.description { operation["description"] = .string(description) }
        for member in entry.extensions.members { operation[member.key] = member.value }
        let described = Set(entry.parameters.compactMap { $0["name"]?.stringValue })
        let rest = PathPattern(path).parameters.filter { !described.contains($0) }.map { name -> JSONValue in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
        }
        let parameters = rest + entry.parameters
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let content = entry.content ?? body?.content {
            var media = JSONObject()
            for member in content.members { media[member.key] = ["schema": member.value] }
            operation["requestBody"] = [
                "content": .object(media), "required": .bool(body.map { !$0.isOptional } ?? entry.needsBody),
            ]
        }
        operation["responses"] = responses(entry)
        return operation
    }

    private func responses(_ entry: OpenAPIEntry) -> JSONValue {
        var success: JSONValue = ["description": .string(entry.success)]
        if let answer = entry.answer {
            var content = ([entry.mediaType] + entry.otherMediaTypes).reduce(into: JSONObject()) {
                $0[$1] = ["schema": answer]
            }
            if entry.hasPage { content["text/html"] = ["schema": ["type": "string"]] }
            success["content"] = .object(content)
        }
        if case .socket = handler { success["description"] = "The connection is a WebSocket." }
        var failure: JSONValue = [
            "description": "An error: what was wrong, and what is allowed.",
            "content": [
                "application/json": [
                    "schema": entry.otherErrors.map { ["anyOf": [errors.schema, $0]] } ?? errors.schema
                ]
            ],
        ]
        if access != .everyone {
            success["headers"] = Self.rateHeaders
            failure["headers"] = Self.rateHeaders
        }
        var responses = entry.otherAnswers
        responses["\(entry.status)"] = success
        if let unfinished = entry.unfinished {
            success["description"] = .string(unfinished)
            responses["202"] = success
        }
        responses["default"] = failure
        return .object(responses)
    }

    private static let rateHeaders: JSONValue = {
        var headers = JSONObject()
        for (name, _) in RateHeaders.descriptions { headers[name] = ["$ref": .string("#/components/headers/\(name)")] }
        return .object(headers)
    }()

    /// One of the schemes is enough; an empty one stands for none.
    private var security: JSONValue {
        let schemes = OpenAPIDocument.securitySchemes.keys.map { name -> JSONValue in [name: []] }
        return switch access {
        case .everyone: []
        case .credential: .array(schemes)
        case .optionalCredential: .array([[:]] + schemes)
        }
    }
}

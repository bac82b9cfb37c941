package import HearthCore
package import HearthJSON

/// A route that no operation declares, as a door describes it for `/openapi.json`.
package struct OpenAPIRoute: Sendable {
    let method: Route.Method
    let path: String
    let identifier: String
    let summary: String
    /// Schema of the JSON body; nil: none is read.
    let body: JSONValue?
    /// Whether the body may be the raw picture as well, or a form with the file `image`.
    let takesPicture: Bool
    /// Schema of a body that is a form; nil: it is none.
    let form: JSONValue?
    /// Schema of the answer.
    let answer: JSONValue

    package init(
        _ method: Route.Method, _ path: String, _ identifier: String, _ summary: String, body: JSONValue? = nil,
        takesPicture: Bool = false, form: JSONValue? = nil, answer: JSONValue
    ) {
        self.method = method
        self.path = path
        self.identifier = identifier
        self.summary = summary
        self.body = body
        self.takesPicture = takesPicture
        self.form = form
        self.answer = answer
    }

    /// Its place in the document.
    var json: JSONValue {
        var description: JSONValue = [
            "operationId": .string(identifier), "summary": .string(summary),
            "tags": [.string(String(identifier.split(separator: ".").first ?? ""))],
        ]
        let parameters = Route(method, path).parameters
        if !parameters.isEmpty {
            description["parameters"] = .array(
                parameters.map {
                    ["name": .string($0), "in": "path", "required": true, "schema": ["type": "string"]]
                })
        }
        if let body {
            var content: JSONValue = ["application/json": ["schema": body]]
            if takesPicture {
                let file: JSONValue = ["type": "string", "contentMediaType": "application/octet-stream"]
                content["multipart/form-data"] = ["schema": ["type": "object", "properties": ["image": file]]]
                content["image/*"] = ["schema": file]
            }
            description["requestBody"] = ["content": content]
        }
        if let form {
            description["requestBody"] = ["content": ["multipart/form-data": ["schema": form]]]
        }
        description["responses"] = [
            "200": ["description": "Success.", "content": ["application/json": ["schema": answer]]],
            "default": ["description": "An error: what was wrong, and what is allowed."],
        ]
        return description
    }
}

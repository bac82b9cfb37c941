import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON

/// The OpenAPI 3.1 description of every route of every door.
struct OpenAPIDocument {
    let json: JSONValue

    init(_ routes: [DoorRoute]) {
        var paths = JSONObject()
        for route in routes {
            let path = PathPattern(route.path).openAPIPath
            var item = paths[path] ?? [:]
            item[route.method.rawValue.lowercased()] = route.openAPI
            paths[path] = item
        }
        json = [
            "openapi": "3.1.0",
            "info": [
                "title": "Hearth", "version": .string(Hearth.version),
                "description": .string(
                    "Keeps AI models warm for apps that recognise and remember. "
                        + "Every path with GET answers HEAD as well. `?pretty=true` gives every answer of Hearth's own "
                        + "routes line breaks and indentation."),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "paths": .object(paths),
            "components": [
                "schemas": ["Error": Self.errorSchema], "headers": .object(Self.rateHeaders),
                "securitySchemes": .object(Self.securitySchemes),
            ],
        ]
    }

    /// The ways to show a key. A server on a loopback address without keys asks for none.
    static let securitySchemes: JSONObject = [
        "bearer": ["type": "http", "scheme": "bearer"],
        "apiKey": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
        "chromaToken": ["type": "apiKey", "in": "header", "name": "X-Chroma-Token"],
    ]

    /// What every answer to a caller with a rate says.
    private static let rateHeaders: JSONObject = {
        var headers = JSONObject()
        for (name, meaning) in RateHeaders.descriptions {
            headers[name] = [
                "description": .string("\(meaning) Sent to callers that have a rate limit."),
                "schema": ["type": "integer", "minimum": 0],
            ]
        }
        return headers
    }()

    private static let errorSchema: JSONValue = [
        "type": "object", "required": ["error"],
        "properties": [
            "error": [
                "type": "object", "required": ["code", "message"],
                "properties": [
                    "code": ["type": "string"], "message": ["type": "string"], "hint": ["type": "string"],
                    "details": ["type": ["object", "array"]],
                ],
            ]
        ],
    ]
}

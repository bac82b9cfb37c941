import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON

/// Errors as OpenAI words them: `{"error":{"message","type","param","code"}}`.
enum OpenAIError {
    static let shape = ErrorShape(schema: schema) { error, status in
        let hint = error.hint.map { " \($0)" } ?? ""
        let body: JSONValue = [
            "error": [
                "message": .string(error.message + hint), "type": .string(type(of: error, status)),
                "param": parameter(of: error).map { .string($0) } ?? .null, "code": .string(code(of: error)),
            ]
        ]
        return (body, OpenAIError.status(of: error, status))
    }

    private static let schema: JSONValue = [
        "type": "object", "properties": ["error": ErrorShape.object(["message", "type", "param", "code"])],
    ]

    /// OpenAI has no 422: a bad picture is a bad request.
    private static func status(of error: HearthError, _ status: HTTPResponse.Status) -> HTTPResponse.Status {
        status == .unprocessableContent ? .badRequest : status
    }

    private static func type(of error: HearthError, _ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private static func code(of error: HearthError) -> String {
        switch error.code {
        case .notFound where parameter(of: error) == "model": "model_not_found"
        case .overloaded: "rate_limit_exceeded"
        case .unauthorized: "invalid_api_key"
        default: error.code.rawValue
        }
    }

    /// The field that an error is about: messages begin with its name, and what is not found is the model.
    private static func parameter(of error: HearthError) -> String? {
        if error.code == .notFound, error.message.contains(" model ") { return "model" }
        let parts = error.message.split(separator: "`", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0].isEmpty ? String(parts[1]) : nil
    }
}

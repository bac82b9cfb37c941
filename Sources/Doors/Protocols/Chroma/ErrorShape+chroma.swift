import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON

extension ErrorShape {
    /// `{"error": name, "message": text}`: Chroma's clients make an exception of the name.
    static let chroma = ErrorShape(schema: object(["error", "message"])) { error, status in
        // To Chroma a value that makes no sense is as malformed as broken JSON.
        let status = error.code == .unprocessable ? .badRequest : status
        let text = error.hint.map { "\(error.message) \($0)" } ?? error.message
        return (["error": .string(name(of: error.code)), "message": .string(text)], status)
    }

    private static func name(of code: HearthError.Code) -> String {
        switch code {
        case .notFound: "NotFoundError"
        case .conflict: "UniqueConstraintError"
        case .unauthorized: "AuthorizationError"
        case .forbidden: "AuthError"
        case .overloaded: "RateLimitError"
        case .bodyTooLarge: "BatchSizeExceededError"
        case .methodNotAllowed, .notImplemented: "ChromaError"
        default: ErrorTable.status(for: code).code < 500 ? "InvalidArgumentError" : "InternalError"
        }
    }
}

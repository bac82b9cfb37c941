import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON

/// Errors as text-embeddings-inference words them: `{"error","error_type"}`.
enum TEIError {
    static let shape = ErrorShape(schema: ErrorShape.object(["error", "error_type"])) { error, status in
        let (type, status) = kind(of: error, status)
        let hint = error.hint.map { " \($0)" } ?? ""
        return (["error": .string(error.message + hint), "error_type": .string(type)], status)
    }

    /// An input of no text at all.
    static func empty(_ field: String) -> HearthError { HearthError(.emptyInput, "`\(field)` cannot be empty") }

    private static func kind(
        of error: HearthError, _ status: HTTPResponse.Status
    ) -> (type: String, status: HTTPResponse.Status) {
        switch error.code {
        case .emptyInput: ("Empty", .badRequest)
        case .overloaded: ("Overloaded", .tooManyRequests)
        case .modelNotReady, .shuttingDown: ("Unhealthy", .serviceUnavailable)
        case .deadlineExceeded, .internalError: ("Backend", .init(code: 424, reasonPhrase: "Failed Dependency"))
        case .invalidRequest, .invalidImage, .notFound:
            ("Validation", status == .notFound ? status : .unprocessableContent)
        // The others are none of TEI's: they keep their status.
        default: (status.code >= 500 ? "Backend" : "Validation", status)
        }
    }
}

extension HearthError.Code {
    /// There is no input: TEI tells this apart from one that is wrong.
    static let emptyInput: HearthError.Code = "empty_input"
}

package import HTTPTypes
package import HearthCore

/// The one table between Hearth's error codes and HTTP's status codes.
package enum ErrorTable {
    private static let statuses: [HearthError.Code: HTTPResponse.Status] = [
        .invalidRequest: .badRequest,
        .emptyInput: .badRequest,
        .invalidImage: .unprocessableContent,
        .imageTooLarge: .contentTooLarge,
        .unsupportedMediaType: .unsupportedMediaType,
        .bodyTooLarge: .contentTooLarge,
        .headersTooLarge: .requestHeaderFieldsTooLarge,
        .upgradeRequired: .upgradeRequired,
        .notImplemented: .notImplemented,
        .expectationFailed: .expectationFailed,
        .unprocessable: .unprocessableContent,
        .notFound: .notFound,
        .methodNotAllowed: .methodNotAllowed,
        .conflict: .conflict,
        .unauthorized: .unauthorized,
        .forbidden: .forbidden,
        .overloaded: .tooManyRequests,
        .rateLimited: .tooManyRequests,
        .quotaExceeded: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"),
        .modelNotReady: .serviceUnavailable,
        .shuttingDown: .serviceUnavailable,
        .deadlineExceeded: .gatewayTimeout,
        .requestTimeout: .requestTimeout,
        .insufficientStorage: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"),
        .storageUnavailable: .serviceUnavailable,
        .fileUnreadable: .internalServerError,
        .schemaTooNew: .internalServerError,
        .invalidConfiguration: .internalServerError,
        .internalError: .internalServerError,
        .masterKeyMissing: .serviceUnavailable,
        .masterKeyWrong: .serviceUnavailable,
        .masterKeyUnsafe: .serviceUnavailable,
        .keyDestroyed: .gone,
        .sealBroken: .internalServerError,
    ]

    /// The status that answers `code`; 500 for codes without a line of their own.
    package static func status(for code: HearthError.Code) -> HTTPResponse.Status {
        statuses[code] ?? .internalServerError
    }

    /// What to do about an error that brings no hint of its own.
    package static func hint(for code: HearthError.Code) -> String {
        switch code {
        case .invalidRequest, .conflict: "`GET /openapi.json` describes what every operation takes."
        case .invalidImage: ImageFormat.accepted
        case .imageTooLarge: "At most \(Limits.imagePixels / 1_000_000) million pixels."
        case .notFound: "Lists such as `GET /api/projects` and `GET /jobs` tell what there is."
        case .unauthorized, .forbidden: "Send `Authorization: Bearer <key>` with a key that allows it."
        case .quotaExceeded: "`GET /api/usage` shows what the tenant has, and what it may have."
        case .overloaded, .rateLimited, .modelNotReady, .deadlineExceeded, .storageUnavailable: "Try again in a moment."
        default: "The documentation and the server's log tell more."
        }
    }

    /// The code that tells best what a framework's status meant.
    package static func code(for status: HTTPResponse.Status) -> HearthError.Code {
        switch status.code {
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 405: .methodNotAllowed
        case 408: .requestTimeout
        case 409: .conflict
        case 413: .bodyTooLarge
        case 415: .unsupportedMediaType
        case 417: .expectationFailed
        case 426: .upgradeRequired
        case 429: .overloaded
        case 431: .headersTooLarge
        case 503: .shuttingDown
        case 504: .deadlineExceeded
        case 507: .insufficientStorage
        case 400..<500: .invalidRequest
        default: .internalError
        }
    }
}

extension HearthError.Code {
    /// There is no input: some protocols tell this apart from one that is wrong.
    package static let emptyInput: HearthError.Code = "empty_input"
    /// The request line and header fields are longer than their limit.
    package static let headersTooLarge: HearthError.Code = "headers_too_large"
    /// The path speaks WebSocket of another version than the client asked for.
    package static let upgradeRequired: HearthError.Code = "upgrade_required"
    /// The request is understood, but Hearth does not do this.
    package static let notImplemented: HearthError.Code = "not_implemented"
    /// The request expects what Hearth does not do.
    package static let expectationFailed: HearthError.Code = "expectation_failed"
    /// The server stops; another attempt reaches its successor.
    package static let shuttingDown: HearthError.Code = "shutting_down"
}

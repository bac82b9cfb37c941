package import HearthCore

extension HearthError.Code {
    /// The request line and header fields are longer than their limit.
    package static let headersTooLarge: HearthError.Code = "headers_too_large"
    /// The path speaks WebSocket of another version than the client asked for.
    package static let upgradeRequired: HearthError.Code = "upgrade_required"
    /// The request is understood, but Hearth does not do this.
    package static let notImplemented: HearthError.Code = "not_implemented"
    /// The server stops; another attempt reaches its successor.
    package static let shuttingDown: HearthError.Code = "shutting_down"
}

package import Logging

/// How log lines are written to standard error.
package enum LogFormat: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON object a line; see ``JSONLogHandler``.
    case json

    /// Makes this the format of every logger of the process, from `level` on. Once a process, before any logger.
    package func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap { label in handler(label: label, level: level) }
    }

    private func handler(label: String, level: Logger.Level) -> any LogHandler {
        var handler: any LogHandler =
            switch self {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        handler.logLevel = level
        return handler
    }
}

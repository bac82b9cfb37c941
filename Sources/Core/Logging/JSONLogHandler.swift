package import Foundation
import HearthJSON
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

/// Writes each event as one JSON object and a line break, by one call.
///
/// ```json
/// {"time":"2026-11-21T10:39:07.118Z","level":"info","logger":"hearth","message":"…","metadata":{"worker":"w1"}}
/// ```
/// `metadata` and `error` are there when the event has them; metadata of the event goes before that of the logger.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level = .info
    private let label: String
    private let clock: any WallClock
    private let write: @Sendable (Data) -> Void

    /// - Parameter write: takes a whole line with its end; by default standard error.
    package init(
        label: String, clock: any WallClock = SystemClock(),
        write: @escaping @Sendable (Data) -> Void = JSONLogHandler.writeToStandardError
    ) {
        self.label = label
        self.clock = clock
        self.write = write
    }

    /// What every line of this logger says under a key.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line of JSON with the event's level, message and metadata.
    package func log(event: LogEvent) {
        var line: JSONObject = [
            "time": .string(time), "level": .string(event.level.rawValue), "logger": .string(label),
            "message": .string(event.message.description),
        ]
        let all = (metadataProvider?.get() ?? [:]).merging(metadata) { $1 }.merging(event.metadata ?? [:]) { $1 }
        if !all.isEmpty { line["metadata"] = Self.json(.dictionary(all)) }
        if let error = event.error { line["error"] = .string("\(error)") }
        write(JSONValue.object(line).encoded() + Data("\n".utf8))
    }

    private var time: String {
        let (seconds, milliseconds) = clock.now().quotientAndRemainder(dividingBy: 1_000)
        let date = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        return "\(date.dropLast()).\(String(1_000 + milliseconds).dropFirst())Z"
    }

    private static func json(_ value: Logger.Metadata.Value) -> JSONValue {
        switch value {
        case .string(let text): return .string(text)
        case .stringConvertible(let value): return .string(value.description)
        case .array(let values): return .array(values.map(json))
        case .dictionary(let values):
            var object = JSONObject()
            for (key, value) in values { object[key] = json(value) }
            return .object(object.sortedByKey())
        }
    }

    /// Lines of several threads do not mix: the lock is held until a line is written.
    private static let standardError = Locked(FileHandle.standardError)

    /// Writes a whole line to standard error; one that cannot be written is lost.
    package static func writeToStandardError(_ line: Data) {
        // The reader may have closed the pipe; this must not end the process.
        standardError.withLock { try? $0.write(contentsOf: line) }
    }
}

import HearthCore
import Logging

/// Keeps what is logged: the message, and the values of its metadata.
struct LogLines {
    private struct Handler: LogHandler {
        let lines: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).values.map { "\($0)" }
            lines.withLock { $0.append(([event.message.description] + values).joined(separator: " ")) }
        }
    }

    private let lines = Locked<[String]>([])

    var logger: Logger { Logger(label: "tls-tests") { _ in Handler(lines: lines) } }

    /// What was logged since the last call.
    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}

import HearthCore
import Logging

/// Keeps the levels of what is logged.
struct LogRecorder: LogHandler {
    final class Levels: Sendable {
        private let levels = Locked<[Logger.Level]>([])

        var all: [Logger.Level] { levels.withLock { $0 } }

        func append(_ level: Logger.Level) { levels.withLock { $0.append(level) } }
    }

    let levels: Levels
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { levels.append(event.level) }
}

import HearthCore

/// What happened, in order.
final class ActionLog: Sendable {
    private let log = Locked<[String]>([])

    var entries: [String] { log.withLock { $0 } }

    func add(_ entry: String) { log.withLock { $0.append(entry) } }
}

import HearthCore
import Logging
import ServiceLifecycle

/// Looks at the server's health again and again, and logs what is lost and what has come back.
struct HealthWatch: Service {
    private let storage: StorageWatch
    private let losses: @Sendable () async -> [String]
    private let logger: Logger

    /// - Parameter losses: What does not work now, as health says it.
    init(storage: StorageWatch, losses: @escaping @Sendable () async -> [String], logger: Logger) {
        self.storage = storage
        self.losses = losses
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var report = LossReport()
            while (try? await Task.sleep(for: Limits.healthInterval)) != nil {
                await storage.look()
                for change in report.take(Set(await losses())) {
                    switch change {
                    case .lost(let what): logger.warning("Something does not work", metadata: ["lost": "\(what)"])
                    case .back(let what): logger.notice("It works again", metadata: ["was_lost": "\(what)"])
                    }
                }
            }
        }
    }
}

/// What was lost at the last looks. A loss is told when two looks in a row have seen it, so that a worker that is being
/// replaced is no news.
struct LossReport {
    enum Change: Equatable {
        case lost(String)
        case back(String)
    }

    private var seen: Set<String> = []
    private var told: Set<String> = []

    /// - Returns: what is news, in the order of the words.
    mutating func take(_ losses: Set<String>) -> [Change] {
        let (lost, back) = (losses.intersection(seen).subtracting(told), told.subtracting(losses))
        seen = losses
        told = told.subtracting(back).union(lost)
        return lost.sorted().map(Change.lost) + back.sorted().map(Change.back)
    }
}

/// Whether the data folder can be written, as of the last look.
final class StorageWatch: Sendable {
    private let reserve: any SpaceReserve
    private let threads: BlockingThreads
    private let last = Locked(StorageCondition.writable)

    init(_ reserve: any SpaceReserve, threads: BlockingThreads) {
        self.reserve = reserve
        self.threads = threads
    }

    var condition: StorageCondition { last.withLock { $0 } }

    /// Takes a look, on a thread that may wait for the disk.
    func look() async {
        // When too many files wait already, the last look holds.
        guard let condition = try? await threads.run({ [reserve] in reserve.check() }) else { return }
        last.withLock { $0 = condition }
    }
}

import HearthCore
import ServiceLifecycle
import UnixSignals

/// Says what a server that stops waits for.
///
/// It is the last of the services, so that it is the first one that hears of the end.
struct StopNotice: Service {
    /// The jobs that run now, by operation.
    let running: @Sendable () async throws -> [String: Int]
    /// Operations whose jobs go back to the queue, and are run again after the next start.
    let goingBack: Set<String>
    let say: @Sendable (String) -> Void
    /// When the end began; nil: it has not.
    let begin = Locked<ContinuousClock.Instant?>(nil)

    func run() async throws {
        guard (try? await gracefulShutdown()) != nil else { return }
        begin.withLock { $0 = .now }
        say(Self.text(running: (try? await running()) ?? [:], goingBack: goingBack))
    }

    /// What is said of the jobs that run.
    static func text(running: [String: Int], goingBack: Set<String>) -> String {
        let back = running.filter { goingBack.contains($0.key) }.values.reduce(0, +)
        let waiting = running.values.reduce(0, +) - back
        let limit = Limits.serverDrain.components.seconds
        var parts: [String] = []
        if back > 0 {
            let outputs = counted(back, "output goes", "outputs go")
            parts.append("\(outputs) back to the queue and will be made after the next start")
        }
        if waiting > 0 { parts.append("waiting for \(counted(waiting, "job")), at most \(limit) s") }
        let shown = parts.isEmpty ? "no job runs" : parts.joined(separator: "; ")
        return "Stopping: \(shown). Ctrl-C again ends it at once."
    }
}

/// Ends the process at once when Ctrl-C comes while it stops already.
///
/// It is the first of the services, so that it listens until all others have ended.
struct SecondInterrupt: Service {
    let notice: StopNotice
    /// Ends the process: its workers end with it, and what they ran is run again after the next start.
    let end: @Sendable () -> Void

    /// A terminal and the program that has started this one may both say that it shall end; a person takes longer.
    private static let delay: Duration = .milliseconds(300)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sigint) {
                guard let begin = notice.begin.withLock({ $0 }), ContinuousClock.now - begin > Self.delay else {
                    continue
                }
                notice.say("Ended at once; what ran is run again after the next start.")
                end()
            }
        }
    }
}

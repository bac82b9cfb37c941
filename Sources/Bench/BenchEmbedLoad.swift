import Dispatch
import Foundation
import HearthCore
import Synchronization

/// Callers of an embedding door.
///
/// Closed loop: each caller sends its next call when the last is answered. Open loop: calls are due at times that do
/// not depend on the answers (a Poisson process); latency counts from the time that a call was due, so that a call
/// which had to wait for a free connection has waited (no coordinated omission).
struct BenchEmbedLoad {
    let address: BenchConnection.Address
    let calls: BenchEmbedCalls
    let connections: Int
    /// Calls a second of an open loop; nil: closed loop.
    var rate: Double?
    let seconds: Double

    /// What came of a run.
    struct Outcome: Sendable {
        var latencies: [Double] = []
        var answers: [BenchEmbedAnswer] = []
        var failures = 0
        /// What the first call that failed was answered with.
        var firstFailure: String?

        fileprivate mutating func add(_ other: Outcome) {
            latencies += other.latencies
            answers += other.answers
            failures += other.failures
            firstFailure = firstFailure ?? other.firstFailure
        }

        fileprivate mutating func fail(_ reason: String) {
            failures += 1
            firstFailure = firstFailure ?? reason
        }
    }

    /// Runs the load.
    /// - Returns: Latencies in milliseconds of the calls that were answered, and what the answers said.
    func run() async -> (samples: BenchSamples, outcome: Outcome) {
        let all = Locked(Outcome())
        let due = rate.map { Self.arrivals(rate: $0, seconds: seconds) }
        let next = Counter()
        let start = ContinuousClock.now
        await BenchLoad.threads(connections) { _ in
            let outcome = caller(start, due, next)
            all.withLock { $0.add(outcome) }
        }
        let elapsed = (ContinuousClock.now - start).fractionalMilliseconds / 1_000
        let outcome = all.withLock { $0 }
        return (BenchSamples(outcome.latencies, elapsed: elapsed, failures: outcome.failures), outcome)
    }

    /// One connection's work.
    private func caller(_ start: ContinuousClock.Instant, _ due: [Duration]?, _ next: Counter) -> Outcome {
        var outcome = Outcome()
        var calls = calls
        do {
            let connection = try BenchConnection(address)
            while true {
                var begin = ContinuousClock.now
                if let due {
                    let place = next.take()
                    guard place < due.count else { break }
                    begin = start + due[place]
                    Self.sleep(until: begin)
                } else if begin - start >= .seconds(seconds) {
                    break
                }
                let answer = try connection.send(calls.request(BenchLoad.nextNumber()))
                guard answer.status == 200 else {
                    outcome.fail("\(answer.status): \(String(decoding: answer.body.prefix(200), as: UTF8.self))")
                    continue
                }
                outcome.latencies.append((ContinuousClock.now - begin).fractionalMilliseconds)
                if let said = BenchEmbedAnswer(answer.body) { outcome.answers.append(said) }
            }
        } catch {
            outcome.fail((error as? HearthError)?.message ?? "\(error)")
        }
        return outcome
    }

    /// When calls are due: exponentially distributed gaps, the same ones in each run.
    private static func arrivals(rate: Double, seconds: Double) -> [Duration] {
        var random = BenchTexts.Congruence(state: 0xA441)
        var times: [Duration] = []
        var time = 0.0
        while true {
            time -= log(1 - random.fraction()) / rate
            guard time < seconds else { return times }
            times.append(.seconds(time))
        }
    }

    /// On this thread: the callers are no tasks. The semaphore is never signalled; only time ends the wait.
    private static func sleep(until time: ContinuousClock.Instant) {
        let left = (time - ContinuousClock.now).nanoseconds
        if left > 0 { _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .nanoseconds(Int(left))) }
    }

    /// Counts up from 0.
    private final class Counter: Sendable {
        private let value = Atomic(0)

        func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
    }
}

import Foundation
import HearthCore
import Synchronization

/// Callers that each send their next request when the last is answered.
enum BenchLoad {
    private static let numbers = Atomic(0)

    /// A number that this run has not used.
    static func nextNumber() -> Int { numbers.add(1, ordering: .relaxed).newValue }

    /// Runs a closed loop of registrations.
    static func register(
        _ template: BenchRequest, to port: Int, connections: Int, seconds: Double
    ) async throws -> BenchSamples {
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let results = Locked<(times: [Double], failures: Int)>(([], 0))
        await threads(connections) { _ in
            guard let connection = try? BenchConnection(.port(port)) else {
                results.withLock { $0.failures += 1 }
                return
            }
            var request = template
            var times: [Double] = []
            var failures = 0
            while ContinuousClock.now < end {
                request.setNumber(nextNumber())
                let begin = ContinuousClock.now
                guard let answer = try? connection.send(request.bytes) else {
                    failures += 1
                    break
                }
                if (200..<300).contains(answer.status) {
                    times.append((ContinuousClock.now - begin).fractionalMilliseconds)
                } else {
                    failures += 1
                }
            }
            results.withLock { [times, failures] in
                $0.times += times
                $0.failures += failures
            }
        }
        let elapsed = (ContinuousClock.now - start).fractionalMilliseconds / 1_000
        let (times, failures) = results.withLock { $0 }
        return BenchSamples(times, elapsed: elapsed, failures: failures)
    }

    /// Runs a body on threads of its own, because it blocks; returns when all have ended.
    static func threads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        let left = LeftCounter(count)
        await withCheckedContinuation { continuation in
            for index in 0..<count {
                Thread.detachNewThread {
                    body(index)
                    if left.countDown() { continuation.resume() }
                }
            }
        }
    }

    private final class LeftCounter: Sendable {
        private let left: Locked<Int>

        init(_ count: Int) { left = Locked(count) }

        /// Whether this was the last.
        func countDown() -> Bool {
            left.withLock {
                $0 -= 1
                return $0 == 0
            }
        }
    }
}

/// Where a handler says how far it is: cheap to call often, written at most ten times a second.
package final class JobProgress: Sendable {
    private let newest = Locked<ProgressReport?>(nil)
    private let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    /// Progress of an attempt that has said nothing yet.
    package init() {
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Replaces what was said before and not yet written.
    package func report(_ report: ProgressReport) {
        newest.withLock { $0 = report }
        continuation.yield()
    }

    /// Hands the newest report to `write`, once an interval at most, until cancelled.
    package func pump(every interval: Duration, write: (ProgressReport) async -> Void) async throws {
        for await _ in changes {
            let report = newest.withLock { report in
                defer { report = nil }
                return report
            }
            guard let report else { continue }
            await write(report)
            try await Task.sleep(for: interval)
        }
    }
}

/// What a handler says about its own progress.
package struct ProgressReport: Sendable {
    package var stage: String
    /// 0…1 over all stages.
    package var overall: Double
    /// 0…1 of what is being done now; nil where that is not known.
    package var current: Double?
    package var step: Int?
    package var steps: Int?
    /// Seconds that are left, by what was measured; nil while that is not known.
    package var eta: Double?
    package var message: String?
    package var preview: String?

    /// A report; shares are clamped to 0…1.
    package init(
        stage: String, overall: Double, current: Double? = nil, step: Int? = nil, steps: Int? = nil, eta: Double? = nil,
        message: String? = nil, preview: String? = nil
    ) {
        func share(_ number: Double) -> Double { number.isNaN ? 0 : min(max(number, 0), 1) }
        self.stage = stage
        self.overall = share(overall)
        self.current = current.map(share)
        self.eta = eta.flatMap { $0.isFinite ? max($0, 0) : nil }
        self.step = step
        self.steps = steps
        self.message = message
        self.preview = preview
    }
}

/// Where a handler says how far it is: cheap to call often, written at most ten times a second.
package final class JobProgress: Sendable {
    private let newest = Locked<ProgressReport?>(nil)
    private let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

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
    package var step: Int?
    package var steps: Int?
    package var message: String?
    package var preview: String?

    package init(
        stage: String, overall: Double, step: Int? = nil, steps: Int? = nil, message: String? = nil,
        preview: String? = nil
    ) {
        self.stage = stage
        self.overall = overall.isNaN ? 0 : min(max(overall, 0), 1)
        self.step = step
        self.steps = steps
        self.message = message
        self.preview = preview
    }
}

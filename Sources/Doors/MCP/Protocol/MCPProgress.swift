import HearthCore

/// Which reports of an operation become notifications: those that say more than the one before, and not too many.
struct MCPProgress {
    /// What a notification says.
    struct Step: Equatable {
        /// 0…1, and more than that of the notification before.
        let progress: Double
        let message: String?
    }

    private var last: (progress: Double, at: ContinuousClock.Instant)?

    /// - Returns: nil when nothing is to be sent.
    mutating func next(_ report: ProgressReport, at now: ContinuousClock.Instant) -> Step? {
        // It must rise, also where a job has begun a second attempt.
        if let last {
            guard report.overall > last.progress else { return nil }
            guard report.overall >= 1 || now - last.at >= Limits.mcpProgressInterval else { return nil }
        }
        last = (report.overall, now)
        let steps = report.step.flatMap { step in report.steps.map { " \(step)/\($0)" } } ?? ""
        let left = report.eta.map { ", about \(max(1, Int(min($0, 1e6).rounded()))) s left" } ?? ""
        return Step(progress: report.overall, message: (report.message ?? "\(report.stage)\(steps)") + left)
    }
}

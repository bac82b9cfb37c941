package import HearthCore
import HearthJSON

/// Operations that measure Hearth itself.
package enum DiagnosticOperations {
    /// Name of the job that does nothing.
    package static let noOperation = "system.noop"
    package static let noOperationPlan = JobPlan(lane: .media)

    /// Input of the job that does nothing.
    private struct Nothing: Sendable, Codable {}

    /// A job that does nothing but say when it ran, by the machine's monotonic clock: what remains is the queue's cost.
    package static func all() throws -> [Operation] {
        [
            try Operation(
                queued: .init(noOperation, "Do nothing; measures the queue.", permission: .operate),
                plan: noOperationPlan, input: Nothing.self
            ) { _, _, _ in
                JobOutcome(result: ["ran_at_ns": .int(MonotonicClock.nanoseconds())])
            }
        ]
    }
}

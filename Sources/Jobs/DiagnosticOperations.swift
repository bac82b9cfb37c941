package import HearthCore
import HearthJSON

/// Operations that measure Hearth itself.
package enum DiagnosticOperations {
    /// Input of the job that does nothing.
    package struct Nothing: Sendable, Codable {
        package init() {}
    }

    /// A job that does nothing but say when it ran, by the machine's monotonic clock: what remains is the queue's cost.
    package static let noOperation = QueuedOperation(
        .init(
            "system.noop", "Do nothing; measures the queue.",
            description: """
                The job's result says by the machine's monotonic clock when it ran. The time since it was submitted \
                is the cost of the queue.
                """,
            permission: .admin, hints: .adds),
        plan: JobPlan(lane: .media), input: Nothing.self)

    package static func all() -> [Operation] {
        [
            Operation(noOperation) { _, _, _ in
                JobOutcome(result: ["ran_at_ns": .int(MonotonicClock.nanoseconds())])
            }
        ]
    }
}

/// Runs `body` and cancels it when the time is up.
/// - Throws: what `body` throws; ``HearthError`` `deadline_exceeded`.
package func withDeadline<T: Sendable>(
    _ deadline: ContinuousClock.Instant, _ what: String, body: @escaping @Sendable () async throws -> T
) async throws -> T {
    try await withThrowingTaskGroup(of: T?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(until: deadline, clock: .continuous)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else {
            throw HearthError(.deadlineExceeded, "\(what) did not end in time.")
        }
        return value
    }
}

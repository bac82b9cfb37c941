import HearthCore

/// Asks again and again until the condition holds, without assuming how long that takes.
/// - Throws: ``HearthError`` `deadline_exceeded` when it does not hold in time; what `condition` throws.
package func eventually(
    _ what: String, within limit: Duration = .seconds(120), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else {
            throw HearthError(.deadlineExceeded, "Not within \(limit): \(what).")
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

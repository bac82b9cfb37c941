import Foundation

/// The results of files that are in the journal's hands, for the thread that waits for all of them.
///
/// `@unchecked Sendable`: everything is touched under `condition` only.
final class JournalResults: @unchecked Sendable {
    private let condition = NSCondition()
    private var results: [Result<Void, any Error>?]
    private var missing: Int

    init(count: Int) {
        results = Array(repeating: nil, count: count)
        missing = count
    }

    /// Notes a result; called once for each file.
    func set(_ result: Result<Void, any Error>, at index: Int) {
        condition.lock()
        defer { condition.unlock() }
        results[index] = result
        missing -= 1
        if missing == 0 { condition.signal() }
    }

    /// Blocks until there is a result for every file.
    func wait() -> [Result<Void, any Error>] {
        condition.lock()
        defer { condition.unlock() }
        while missing > 0 { condition.wait() }
        return results.compactMap { $0 }
    }
}

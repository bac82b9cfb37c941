/// Since when files are known that no row names, by a clock that cannot be set.
///
/// The time that a file system keeps for a file is of no use for this: where the wall clock jumps ahead by an hour, a
/// file that was written a moment ago looks an hour old.
struct FileSightings: Sendable {
    private var since: [String: SuspendingClock.Instant] = [:]

    /// The files that are noted, in order.
    var paths: [String] { since.keys.sorted() }

    /// Notes files that the sweep of now has found.
    /// - Parameters:
    ///   - earlier: What the sweep before has noted. A file that it has not seen is new, also when an older one had its
    ///     path.
    ///   - limit: The most files that are noted; the others have their turn when these are gone.
    /// - Returns: those that have been known for `age` or longer.
    mutating func note(
        _ paths: [String], earlier: FileSightings, age: Duration, now: SuspendingClock.Instant,
        limit: Int = Limits.sweptFiles
    ) -> [String] {
        var old: [String] = []
        for path in paths {
            let start = earlier.since[path] ?? now
            if now - start >= age {
                old.append(path)
            } else if since.count < limit {
                since[path] = start
            }
        }
        return old
    }
}

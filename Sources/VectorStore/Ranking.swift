import HearthCore

/// Reads a ranking as deep as it takes to show so many of it.
///
/// An index may rank what its caller is not to see: what is being deleted, or what has changed since the index was
/// asked. Such matches would take the places of those behind them.
package enum Ranking {
    /// The best `count` that may be shown.
    /// - Parameters:
    ///   - limit: how deep the ranking is read at most, when more than `count` is asked of it.
    ///   - ranking: the first `depth`, best first; fewer when there are no more.
    ///   - show: for each of some matches, at most `Limits.itemsOfStatement`, what it is shown as; nil: it is not.
    /// - Returns: what is shown, best first, and whether nothing is missing: false when the limit was reached before.
    /// - Throws: what the closures throw.
    package static func best<Match: Sendable, Shown: Sendable>(
        _ count: Int, limit: Int = Limits.rankingDepth, of ranking: (_ depth: Int) async throws -> [Match],
        show: (_ matches: [Match]) async throws -> [Shown?]
    ) async throws -> (shown: [Shown], isComplete: Bool) {
        var depth = count
        while true {
            let matches = try await ranking(depth)
            var shown: [Shown] = []
            for start in stride(from: 0, to: matches.count, by: Limits.itemsOfStatement) where shown.count < count {
                let some = matches[start..<min(start + Limits.itemsOfStatement, matches.count)]
                shown += try await show(Array(some)).compactMap(\.self)
            }
            let isComplete = shown.count >= count || matches.count < depth
            if isComplete || depth >= limit { return (Array(shown.prefix(count)), isComplete) }
            depth = min(depth * 8, limit)
        }
    }
}

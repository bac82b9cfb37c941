/// How fast the last passes over a collection were: how many queries the next one takes, and which of those who wait
/// would not be answered in time.
struct SearchPace: Sendable {
    /// A pass takes as many queries as are likely to take this long: who was answered early in it waits for its end.
    static let pass: Duration = .seconds(2)

    /// Time of a query in the last pass, and in the one before.
    private var last: Duration?
    private var beforeLast: Duration?

    /// Notes a pass.
    mutating func note(_ time: Duration, queries: Int) {
        (beforeLast, last) = (last, time / max(queries, 1))
    }

    /// Queries of the next pass. Several in one pass take less time than one by one, so that this grows again while
    /// searches are cheap.
    func capacity(limit: Int) -> Int {
        guard let last, last * limit > Self.pass else { return limit }
        return max(1, Int(Self.pass / last))
    }

    /// Time that some queries take; nil when it is not known. One slow pass says nothing: it may have been the one that
    /// read the vectors from disk.
    func time(of queries: Int) -> Duration? {
        guard let last, let beforeLast else { return nil }
        return min(last, beforeLast) * queries
    }
}

/// The rates of all callers: a bucket for each key and one for each tenant, in this front's memory.
///
/// The trusted user of a loopback server and the key of the settings have no limit: their user operates the
/// server. The number of buckets is bounded: full ones go first, and callers beyond it share one bucket, which has the
/// default rate of a key.
package final class RateLimiter: Sendable {
    /// How a rate is set: so many requests a second, so many at once.
    package struct Rate: Sendable, Equatable {
        package var requestsPerSecond: Double
        package var burst: Int

        package init(requestsPerSecond: Double, burst: Int) {
            self.requestsPerSecond = requestsPerSecond
            self.burst = burst
        }

        /// What a key's limits say, and the defaults where they say nothing.
        package init(_ limits: KeyLimits) {
            requestsPerSecond = limits.requestsPerSecond ?? Limits.keyRequestsPerSecond
            burst =
                limits.burst
                ?? max(limits.requestsPerSecond.map { Int($0.rounded(.up)) } ?? Limits.keyBurst, 1)
        }

        /// Whether it allows no more than another rate does.
        func isWithin(_ other: Rate) -> Bool {
            requestsPerSecond <= other.requestsPerSecond && burst <= other.burst
        }
    }

    private enum Holder: Hashable {
        case key(String)
        case tenant(Tenant)
        case others
    }

    private let tenantRate: Rate
    private let limit: Int
    private let buckets = Locked<[Holder: TokenBucket]>([:])

    /// - Parameters:
    ///   - tenantRate: of each tenant, all its keys together.
    ///   - limit: buckets at once.
    package init(
        tenantRate: Rate = Rate(
            requestsPerSecond: Limits.tenantRequestsPerSecond, burst: Limits.tenantBurst),
        limit: Int = Limits.rateBuckets
    ) {
        self.tenantRate = tenantRate
        self.limit = limit
    }

    /// Counts a request of a caller.
    /// - Returns: the tighter of the answers for the key and for its tenant; nil for who has no limit.
    package func take(for principal: Principal, at now: ContinuousClock.Instant = .now) -> TokenBucket.Answer? {
        guard let key = principal.keyID else { return nil }
        let keyRate = Rate(principal.limits)
        return buckets.withLock { buckets in
            let own = take(from: .key(key), keyRate, &buckets, at: now)
            guard own.answer.isGranted else { return own.answer }
            let shared = take(from: .tenant(principal.tenant), tenantRate, &buckets, at: now)
            guard shared.answer.isGranted else {
                buckets[own.holder]?.putBack()
                return shared.answer
            }
            return own.answer.remaining <= shared.answer.remaining ? own.answer : shared.answer
        }
    }

    private func take(
        from holder: Holder, _ rate: Rate, _ buckets: inout [Holder: TokenBucket], at now: ContinuousClock.Instant
    ) -> (holder: Holder, answer: TokenBucket.Answer) {
        var holder = holder
        if buckets[holder] == nil, buckets.count >= limit {
            buckets = buckets.filter { !$0.value.isFull(at: now) }
            if buckets.count >= limit { holder = .others }
        }
        // What many share has the rate of none of them.
        let rate = holder == .others ? Rate(KeyLimits()) : rate
        let fresh = TokenBucket(capacity: rate.burst, perSecond: rate.requestsPerSecond, at: now)
        var bucket = buckets[holder] ?? fresh
        // A key that was given another rate starts over with it.
        if bucket.capacity != fresh.capacity || bucket.perSecond != fresh.perSecond {
            bucket = fresh
        }
        let answer = bucket.take(at: now)
        buckets[holder] = bucket
        return (holder, answer)
    }
}

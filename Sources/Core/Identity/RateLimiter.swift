/// The rates of all callers: a bucket for each key and one for each tenant, in this front's memory. A key that a
/// limited key has made takes from the bucket of its maker as well.
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
    /// - Returns: the tightest of the answers for the key, for those that have made it and for its tenant; nil for who
    ///   has no limit.
    package func take(for principal: Principal, at now: ContinuousClock.Instant = .now) -> TokenBucket.Answer? {
        guard let key = principal.keyID else { return nil }
        var rates = [(Holder.key(key), Rate(principal.limits))]
        rates += principal.makers.reversed().map { (.key($0.keyID), Rate($0.limits)) }
        rates.append((.tenant(principal.tenant), tenantRate))
        return buckets.withLock { buckets in
            var taken: [(holder: Holder, answer: TokenBucket.Answer)] = []
            for (holder, rate) in rates {
                let one = take(from: holder, rate, &buckets, at: now)
                guard one.answer.isGranted else {
                    for other in taken { buckets[other.holder]?.putBack() }
                    return one.answer
                }
                taken.append(one)
            }
            return taken.map(\.answer).min { $0.remaining < $1.remaining }
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

/// The rates of all callers: a bucket for each key and one for each tenant, in this front's memory. A key that a
/// limited key has made takes from the bucket of its maker as well.
///
/// The trusted user of a loopback server and the key of the settings have no limit: their user operates the
/// server. The number of buckets is bounded, in all and for each tenant: full ones go first, and the keys of a tenant
/// beyond it share one bucket of that tenant, which has the default rate of a key. So no tenant takes from another.
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
        /// The keys of a tenant that have no bucket of their own.
        case others(Tenant)
    }

    private struct Entry {
        var bucket: TokenBucket
        /// The tenant whose request has made it.
        let tenant: Tenant
    }

    private struct State {
        var entries: [Holder: Entry] = [:]
        /// Entries of each tenant.
        var counts: [Tenant: Int] = [:]
        /// When full buckets were last removed.
        var cleanedAt: ContinuousClock.Instant?

        /// Removes full buckets, which make no difference; not at each request, because it looks at all of them.
        mutating func clean(at now: ContinuousClock.Instant) {
            if let cleanedAt, now < cleanedAt + Limits.rateCleaning { return }
            cleanedAt = now
            entries = entries.filter { !$0.value.bucket.isFull(at: now) }
            counts = entries.values.reduce(into: [:]) { $0[$1.tenant, default: 0] += 1 }
        }
    }

    private let tenantRate: Rate
    private let limit: Int
    private let limitOfTenant: Int
    private let state = Locked(State())

    /// - Parameters:
    ///   - tenantRate: of each tenant, all its keys together.
    ///   - limit: buckets of keys at once.
    ///   - limitOfTenant: those of them that may be of one tenant.
    package init(
        tenantRate: Rate = Rate(
            requestsPerSecond: Limits.tenantRequestsPerSecond, burst: Limits.tenantBurst),
        limit: Int = Limits.rateBuckets, limitOfTenant: Int = Limits.rateBucketsOfTenant
    ) {
        self.tenantRate = tenantRate
        self.limit = limit
        self.limitOfTenant = limitOfTenant
    }

    /// Counts a request of a caller.
    /// - Returns: the tightest of the answers for the key, for those that have made it and for its tenant; nil for who
    ///   has no limit.
    package func take(for principal: Principal, at now: ContinuousClock.Instant = .now) -> TokenBucket.Answer? {
        guard let key = principal.keyID else { return nil }
        var rates = [(Holder.key(key), Rate(principal.limits))]
        rates += principal.makers.reversed().map { (.key($0.keyID), Rate($0.limits)) }
        rates.append((.tenant(principal.tenant), tenantRate))
        return state.withLock { state in
            var taken: [(holder: Holder, answer: TokenBucket.Answer)] = []
            for (holder, rate) in rates {
                let one = take(from: holder, rate, of: principal.tenant, &state, at: now)
                guard one.answer.isGranted else {
                    for other in taken { state.entries[other.holder]?.bucket.putBack() }
                    return one.answer
                }
                taken.append(one)
            }
            return taken.map(\.answer).min { $0.remaining < $1.remaining }
        }
    }

    private func take(
        from holder: Holder, _ rate: Rate, of tenant: Tenant, _ state: inout State, at now: ContinuousClock.Instant
    ) -> (holder: Holder, answer: TokenBucket.Answer) {
        var (holder, rate) = (holder, rate)
        if state.entries[holder] == nil, !hasPlace(for: holder, of: tenant, &state, at: now) {
            // What many share has the rate of none of them.
            (holder, rate) = (.others(tenant), Rate(KeyLimits()))
        }
        let fresh = TokenBucket(capacity: rate.burst, perSecond: rate.requestsPerSecond, at: now)
        var bucket = fresh
        if let entry = state.entries[holder] {
            // A key that was given another rate starts over with it.
            let isSame = entry.bucket.capacity == fresh.capacity && entry.bucket.perSecond == fresh.perSecond
            if isSame { bucket = entry.bucket }
        } else {
            state.counts[tenant, default: 0] += 1
        }
        let answer = bucket.take(at: now)
        state.entries[holder] = Entry(bucket: bucket, tenant: state.entries[holder]?.tenant ?? tenant)
        return (holder, answer)
    }

    /// Whether there may be a bucket more. A tenant always has its own two: it could not be held to its rate otherwise.
    private func hasPlace(
        for holder: Holder, of tenant: Tenant, _ state: inout State, at now: ContinuousClock.Instant
    ) -> Bool {
        guard case .key = holder else { return true }
        func isFull(_ state: State) -> Bool {
            state.entries.count >= limit || state.counts[tenant, default: 0] >= limitOfTenant
        }
        guard isFull(state) else { return true }
        state.clean(at: now)
        return !isFull(state)
    }
}

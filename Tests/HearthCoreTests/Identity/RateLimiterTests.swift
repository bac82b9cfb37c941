import HearthCore
import Testing

/// Who is held to which rate.
@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now

    private func caller(_ key: String?, tenant: String = "shop", _ limits: KeyLimits = KeyLimits()) -> Principal {
        Principal(keyID: key, tenant: Tenant(rawValue: tenant), permission: .read, limits: limits)
    }

    private func limiter(
        perSecond: Double = 1, burst: Int, limit: Int = 100, limitOfTenant: Int = 100
    ) -> RateLimiter {
        RateLimiter(
            tenantRate: .init(requestsPerSecond: perSecond, burst: burst), limit: limit, limitOfTenant: limitOfTenant)
    }

    private func granted(_ limiter: RateLimiter, _ principal: Principal, _ count: Int) -> Int {
        (0..<count).count { _ in limiter.take(for: principal, at: start)?.isGranted ?? true }
    }

    @Test func whoOperatesTheServerHasNoLimit() {
        let limiter = limiter(burst: 1)
        #expect(limiter.take(for: .local, at: start) == nil)
        #expect(granted(limiter, .local, 1_000) == 1_000)
    }

    @Test func eachKeyHasARateOfItsOwn() {
        let limiter = limiter(burst: 100)
        let (slow, fast) = (caller("a", KeyLimits(burst: 2)), caller("b", KeyLimits(burst: 5)))
        #expect(granted(limiter, slow, 10) == 2)
        #expect(granted(limiter, fast, 10) == 5)
        #expect(limiter.take(for: slow, at: start + .seconds(1))?.isGranted == true)
    }

    @Test func theKeysOfATenantShareItsRate() {
        let limiter = limiter(burst: 3)
        #expect(granted(limiter, caller("a"), 2) == 2)
        #expect(granted(limiter, caller("b"), 5) == 1)
        #expect(granted(limiter, caller("c", tenant: "other"), 5) == 3, "another tenant has its own")
    }

    @Test func aRequestThatTheTenantRefusesCostsItsKeyNothing() {
        let limiter = limiter(perSecond: 1, burst: 1)
        let key = caller("a", KeyLimits(requestsPerSecond: 0.001, burst: 2))
        #expect(granted(limiter, key, 5) == 1)
        #expect(limiter.take(for: key, at: start + .seconds(1))?.isGranted == true, "the key's second token is there")
    }

    @Test func theKeysThatALimitedKeyHasMadeShareItsRate() {
        let limiter = limiter(burst: 100)
        let maker = KeyMaker(keyID: "maker", limits: KeyLimits(requestsPerSecond: 1, burst: 5))
        let children = (0..<4).map { number in
            Principal(
                keyID: "child \(number)", tenant: Tenant(rawValue: "shop"), permission: .read, limits: maker.limits,
                makers: [maker])
        }
        #expect(children.map { granted(limiter, $0, 2) } == [2, 2, 1, 0])
        #expect(granted(limiter, caller("maker", maker.limits), 1) == 0, "and so does the maker itself")
        #expect(limiter.take(for: children[3], at: start + .seconds(1))?.isGranted == true)
        #expect(limiter.take(for: children[3], at: start + .seconds(1))?.limit == 5)
    }

    @Test func theTighterAnswerIsShown() {
        let limiter = limiter(burst: 3)
        #expect(limiter.take(for: caller("a", KeyLimits(burst: 50)), at: start)?.limit == 3)
        #expect(limiter.take(for: caller("b", tenant: "other", KeyLimits(burst: 2)), at: start)?.limit == 2)
    }

    @Test func aNewRateHoldsAtOnce() {
        let limiter = limiter(burst: 100)
        #expect(granted(limiter, caller("a", KeyLimits(burst: 1)), 3) == 1)
        #expect(granted(limiter, caller("a", KeyLimits(burst: 4)), 9) == 4)
    }

    @Test func withoutABurstItIsASecondsWorth() {
        #expect(RateLimiter.Rate(KeyLimits(requestsPerSecond: 7.5)).burst == 8)
        #expect(RateLimiter.Rate(KeyLimits(requestsPerSecond: 0.1)).burst == 1)
        #expect(RateLimiter.Rate(KeyLimits(burst: 9)).requestsPerSecond == Limits.keyRequestsPerSecond)
        #expect(RateLimiter.Rate(KeyLimits()).burst == Limits.keyBurst)
    }

    @Test func callersBeyondTheBoundShareABucketAndKeepNobodyOut() {
        let limiter = limiter(burst: 1_000, limit: 4)
        let rare = KeyLimits(requestsPerSecond: 0.001, burst: 2)
        // One tenant and three keys, none of them full again soon.
        for key in ["a", "b", "c"] { #expect(granted(limiter, caller(key, rare), 1) == 1) }
        #expect(granted(limiter, caller("d", rare), 5) + granted(limiter, caller("e", rare), 5) == 10)
        #expect(
            limiter.take(for: caller("f", rare), at: start)?.limit == 1_000,
            "the tenant's is the tighter one: the shared bucket has the default rate, whoever came first")
        #expect(granted(limiter, caller("a", rare), 5) == 1, "who was there before keeps its own")
    }

    @Test func aTenantThatHasManyKeysTakesNothingFromOthers() {
        let limiter = limiter(burst: 1_000, limit: 12, limitOfTenant: 4)
        let rare = KeyLimits(requestsPerSecond: 0.001, burst: 2)
        for key in 0..<50 { _ = limiter.take(for: caller("a\(key)", rare), at: start) }
        for tenant in ["b", "c", "d"] {
            let key = caller("key of \(tenant)", tenant: tenant, KeyLimits(requestsPerSecond: 1, burst: 7))
            #expect(granted(limiter, key, 20) == 7, "\(tenant) has its own rate")
        }
        // Even when there is no place for a single bucket more, each tenant has a shared one of its own.
        for key in 0..<9 { _ = limiter.take(for: caller("e\(key)", tenant: "e\(key)", rare), at: start) }
        let late = caller("late", tenant: "late", KeyLimits(requestsPerSecond: 1, burst: 7))
        #expect(granted(limiter, late, 20) == 20, "the default rate of a key")
    }

    @Test func fullBucketsMakeRoom() {
        let limiter = limiter(burst: 1_000, limit: 4)
        for key in ["a", "b", "c"] { _ = limiter.take(for: caller(key, KeyLimits(burst: 2)), at: start) }
        let later = start + .seconds(3_600)
        let answer = limiter.take(for: caller("d", KeyLimits(requestsPerSecond: 1, burst: 7)), at: later)
        #expect(answer?.limit == 7)
    }
}

import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Logging
import Testing

/// What tenants may have.
@Suite struct TenantQuotasTests {
    /// The time by which counts grow old.
    private let time = Locked(ContinuousClock.now)
    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let quotas: TenantQuotas
    /// What the rows say, and how often they were counted.
    private let rows = Locked(TenantUsage())
    private let counts = Locked(0)

    private let shop = Tenant(rawValue: "shop")

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("quotas.db"))
        try await Migrator(TenantLimitTable.migrations).run(store, now: 0)
        let (rows, counts, time) = (rows, counts, time)
        quotas = TenantQuotas(
            store: store,
            counters: [
                { _, _ in
                    counts.withLock { $0 += 1 }
                    return rows.withLock { $0 }
                }
            ], logger: .quiet, now: { time.withLock { $0 } })
    }

    private func advance(by duration: Duration) { time.withLock { $0 += duration } }

    private func take(_ usage: TenantUsage, for tenant: Tenant? = nil) async -> HearthError.Code? {
        do {
            try await quotas.take(usage, for: tenant ?? shop)
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    @Test func whoHasNoLimitIsNotCounted() async throws {
        #expect(await take(TenantUsage(storedBytes: .max, records: .max)) == nil)
        try await quotas.set(TenantLimits(records: 5), for: Tenant(rawValue: "other"))
        #expect(await take(TenantUsage(records: 100)) == nil)
        #expect(counts.withLock { $0 } == 0)
    }

    @Test func whatIsTakenAddsUpToTheLimitAndNoFurther() async throws {
        rows.withLock { $0.records = 3 }
        try await quotas.set(TenantLimits(records: 5), for: shop)
        #expect(
            await take(TenantUsage(storedBytes: 1 << 40, records: 1)) == nil, "only records are limited")
        #expect(await take(TenantUsage(records: 1)) == nil)
        #expect(counts.withLock { $0 } == 1, "the rows are counted once")
        rows.withLock { $0.records = 5 }
        advance(by: Limits.quotaPause)
        #expect(await take(TenantUsage(records: 1)) == .quotaExceeded)
        #expect(
            await take(TenantUsage(storedBytes: 1)) == nil, "what adds nothing to it is let through")
    }

    @Test func eachLimitIsHeldByItself() async throws {
        try await quotas.set(TenantLimits(unfinishedJobs: 1, storedBytes: 10, records: 1), for: shop)
        #expect(await take(TenantUsage(storedBytes: 11)) == .quotaExceeded)
        #expect(await take(TenantUsage(records: 2)) == .quotaExceeded)
        #expect(await take(TenantUsage(unfinishedJobs: 2)) == .overloaded, "jobs end by themselves")
        #expect(await take(TenantUsage(unfinishedJobs: 1, storedBytes: 10, records: 1)) == nil)
    }

    @Test func aRefusalSaysWhatThereIsAndWhatIsAllowed() async throws {
        rows.withLock { $0 = TenantUsage(unfinishedJobs: 7, storedBytes: 90) }
        try await quotas.set(TenantLimits(unfinishedJobs: 7, storedBytes: 100), for: shop)
        let bytes = await #expect(throws: HearthError.self) {
            try await quotas.take(TenantUsage(storedBytes: 11), for: shop)
        }
        #expect(
            bytes?.details == ["quota": "stored_bytes", "limit": 100, "used": 90, "requested": 11]
                as JSONValue)
        #expect(bytes?.retryAfter == nil)
        let jobs = await #expect(throws: HearthError.self) {
            try await quotas.take(TenantUsage(unfinishedJobs: 1), for: shop)
        }
        #expect(jobs?.retryAfter != nil)
    }

    @Test func whatWasDeletedMakesRoomAgain() async throws {
        rows.withLock { $0.records = 5 }
        try await quotas.set(TenantLimits(records: 5), for: shop)
        #expect(await take(TenantUsage(records: 1)) == .quotaExceeded)
        rows.withLock { $0.records = 1 }
        #expect(
            await take(TenantUsage(records: 1)) == .quotaExceeded,
            "nobody makes the server count all the time")
        #expect(counts.withLock { $0 } == 1)
        advance(by: Limits.quotaPause)
        #expect(await take(TenantUsage(records: 4)) == nil)
    }

    @Test func whatOtherProcessesAddIsNoticedInTime() async throws {
        try await quotas.set(TenantLimits(records: 10), for: shop)
        #expect(await take(TenantUsage(records: 1)) == nil)
        rows.withLock { $0.records = 10 }
        #expect(await take(TenantUsage(records: 1)) == nil)
        advance(by: Limits.quotaAge)
        #expect(await take(TenantUsage(records: 1)) == .quotaExceeded)
    }

    @Test func whatReplacesSomethingCostsNothingAtTheLimit() async throws {
        rows.withLock { $0.records = 5 }
        try await quotas.set(TenantLimits(records: 5), for: shop)
        try await quotas.take(TenantUsage(records: 3), for: shop) { _ in TenantUsage() }
        try await quotas.take(TenantUsage(records: 3), for: shop) { _ in TenantUsage() }
        #expect(counts.withLock { $0 } == 1)
        await #expect(throws: HearthError.self) {
            try await quotas.take(TenantUsage(records: 3), for: shop) { _ in TenantUsage(records: 1) }
        }
    }

    @Test func whatReplacesSomethingUsesNothingUp() async throws {
        try await quotas.set(TenantLimits(records: 10), for: shop)
        for _ in 0..<20 { try await quotas.take(TenantUsage(records: 5), for: shop) { _ in TenantUsage() } }
        // Within the same second, in which the rows are not counted again.
        #expect(await take(TenantUsage(records: 10)) == nil)
        #expect(counts.withLock { $0 } == 1)
    }

    @Test func whatIsUnderWayAtACountIsNotForgotten() async throws {
        try await quotas.set(TenantLimits(storedBytes: 100), for: shop)
        let upload = try await quotas.take(TenantUsage(storedBytes: 60), for: shop)
        // Its rows are not there yet when all is counted again.
        advance(by: Limits.quotaAge)
        #expect(await take(TenantUsage(storedBytes: 60)) == .quotaExceeded)
        #expect(counts.withLock { $0 } == 2)
        rows.withLock { $0.storedBytes = 60 }
        withExtendedLifetime(upload) {}
        #expect(await take(TenantUsage(storedBytes: 40)) == nil)
    }

    @Test func whatHasFailedMakesRoomAtTheNextCount() async throws {
        try await quotas.set(TenantLimits(storedBytes: 100), for: shop)
        var upload = try await quotas.take(TenantUsage(storedBytes: 60), for: shop)
        #expect(upload != nil)
        upload = nil
        advance(by: Limits.quotaPause)
        #expect(await take(TenantUsage(storedBytes: 100)) == nil)
    }

    @Test func aLimitOfZeroRefusesEverything() async throws {
        try await quotas.set(TenantLimits(records: 0), for: shop)
        #expect(await take(TenantUsage(records: 1)) == .quotaExceeded)
    }

    @Test func limitsCanBeTakenAwayAndOtherProcessesNotice() async throws {
        let other = TenantQuotas(store: store, counters: [], logger: .quiet)
        try await quotas.set(TenantLimits(records: 0), for: shop)
        #expect(!other.limits(shop))
        try await other.refresh()
        #expect(other.limits(shop))
        try await quotas.set(TenantLimits(), for: shop)
        #expect(await take(TenantUsage(records: 1)) == nil)
        try await other.refresh()
        #expect(!other.limits(shop))
    }

    @Test func manyAtOnceStayWithinTheLimit() async throws {
        try await quotas.set(TenantLimits(records: 100), for: shop)
        #expect(await take(TenantUsage(records: 1)) == nil)
        let refused = await withTaskGroup(of: HearthError.Code?.self) { group in
            for _ in 0..<200 { group.addTask { await take(TenantUsage(records: 1)) } }
            return await group.reduce(into: 0) { $0 += $1 == nil ? 0 : 1 }
        }
        #expect(refused == 101)
    }

    /// Quotas whose counts wait at a gate after the first one.
    private func gated(_ gate: TestGate) -> TenantQuotas {
        let (rows, counts, time) = (rows, counts, time)
        let store = GatedReads(store: store) { counts.withLock { $0 } > 0 ? gate : nil }
        return TenantQuotas(
            store: store,
            counters: [
                { _, _ in
                    counts.withLock { $0 += 1 }
                    return rows.withLock { $0 }
                }
            ], logger: .quiet, now: { time.withLock { $0 } })
    }

    @Test func whileRowsAreCountedOthersUseTheOlderCount() async throws {
        let gate = TestGate()
        let quotas = gated(gate)
        try await self.quotas.set(TenantLimits(records: 10), for: shop)
        try await quotas.refresh()
        try await quotas.take(TenantUsage(records: 1), for: shop)
        advance(by: Limits.quotaAge)
        async let first = quotas.take(TenantUsage(records: 1), for: shop)
        try await eventually("its count is under way") { gate.arrivals == 1 }
        for _ in 0..<5 { try await quotas.take(TenantUsage(records: 1), for: shop) }
        #expect(gate.arrivals == 1, "no second count was begun, and nobody waited")
        rows.withLock { $0.records = 1 }
        gate.open()
        _ = try await first
        #expect(counts.withLock { $0 } == 2)
        // 1 that was counted, 5 that were taken meanwhile, and the first caller's.
        try await quotas.take(TenantUsage(records: 3), for: shop)
        await #expect(throws: HearthError.self) { try await quotas.take(TenantUsage(records: 1), for: shop) }
    }

    @Test func manyThatLookAtTheirUsageKeepOneReaderBusy() async throws {
        let gate = TestGate()
        let quotas = gated(gate)
        let (shop, other) = (shop, Tenant(rawValue: "other"))
        _ = try await quotas.report(of: shop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await quotas.report(of: shop) }
            try await eventually("the first count is under way") { gate.arrivals == 1 }
            for tenant in [shop, other] {
                for _ in 0..<20 { group.addTask { _ = try await quotas.report(of: tenant) } }
            }
            for _ in 0..<200 { _ = try await store.read { db in try db.query("SELECT 1 AS one") } }
            #expect(gate.arrivals == 1, "no other count is made meanwhile")
            gate.open()
            try await group.waitForAll()
        }
        #expect(counts.withLock { $0 } <= 4, "two before, and one for each tenant that asked meanwhile")
    }

    @Test func manyThatAskExactlyAtTheLimitStayWithinIt() async throws {
        try await quotas.set(TenantLimits(records: 100), for: shop)
        #expect(await take(TenantUsage(records: 1)) == nil)
        let shop = shop
        let taken = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    // What it may add at most is too much at once, what it really adds is not.
                    let result: TenantQuotas.Share? = try? await quotas.take(TenantUsage(records: 100), for: shop) {
                        _ in
                        TenantUsage(records: 1)
                    }
                    return result != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(taken == 99)
    }

    @Test func limitsThatAreCommittedAreNoFailureWhenTheyCannotBeReadBack() async throws {
        let failing = FailingStore(store, readFails: { true }, writeFault: { nil })
        let blind = TenantQuotas(store: failing, counters: [], logger: .quiet)
        try await blind.set(TenantLimits(records: 0), for: shop)
        try await quotas.refresh()
        #expect(await take(TenantUsage(records: 1)) == .quotaExceeded)
    }

    // MARK: Operations

    private func call(_ name: String, _ input: JSONValue, as principal: Principal) async throws
        -> JSONValue
    {
        let registry = try OperationRegistry(TenantOperations(quotas: quotas).all())
        let operation = try #require(registry[name])
        return try await registry.call(
            operation, input: input,
            context: OperationContext(
                principal: principal, requestID: "r", deadline: .now + .seconds(60), logger: .quiet))
    }

    @Test func aTenantSeesItsOwnUsageAndAnOperatorEveryTenants() async throws {
        rows.withLock { $0 = TenantUsage(unfinishedJobs: 1, storedBytes: 2, records: 3) }
        let reader = Principal(keyID: "k", tenant: shop, permission: .read)
        let set = try await call(
            "tenants.limit", ["tenant": "shop", "records": 9, "stored_bytes": 1_000], as: .local)
        #expect(set["limits"] == ["stored_bytes": 1_000, "records": 9] as JSONValue)
        let own = try await call("tenants.usage", [:], as: reader)
        #expect(own == set)
        #expect(own["usage"] == ["unfinished_jobs": 1, "stored_bytes": 2, "records": 3] as JSONValue)
        #expect(try await call("tenants.usage", ["tenant": "shop"], as: .local) == set)
        let error = await #expect(throws: HearthError.self) {
            try await call("tenants.usage", ["tenant": "other"], as: reader)
        }
        #expect(error?.code == .forbidden)
    }
}

/// A store whose reads wait at a gate when there is one.
private struct GatedReads: Store {
    let store: any Store
    let gate: @Sendable () -> TestGate?

    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await gate()?.pass()
        return try await store.read(body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await store.write(body)
    }
}

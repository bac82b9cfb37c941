import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthInference

@Suite(.timeLimit(.minutes(3))) struct SingleFlightTests {
    private typealias Flights = SingleFlight<String, Int>

    private static let soon = ContinuousClock.now + .seconds(600)

    private func ticket(_ role: Flights.Role) throws -> Int {
        guard case .follows(let ticket) = role else { throw HearthError(.internalError, "\(role) does not follow") }
        return ticket
    }

    @Test func theFirstLeadsAndTheOthersGetItsOutcome() async throws {
        let flights = Flights()
        #expect(flights.join("a") == .leads && flights.join("b") == .leads)
        let tickets = try (0..<5).map { _ in try ticket(flights.join("a")) }
        flights.end("a", with: 7)
        for ticket in tickets {
            guard case .outcome(7) = await flights.turn(of: ticket, until: Self.soon) else {
                Issue.record("no outcome")
                continue
            }
        }
        #expect(flights.load == (1, 0))
        #expect(flights.join("a") == .leads, "what has ended begins anew")
    }

    @Test func whenTheLeaderResignsTheFirstFollowerLeads() async throws {
        let flights = Flights()
        _ = flights.join("a")
        let (first, second) = (try ticket(flights.join("a")), try ticket(flights.join("a")))
        flights.resign("a")
        guard case .leads = await flights.turn(of: first, until: Self.soon) else {
            Issue.record("the first follower does not lead")
            return
        }
        flights.end("a", with: 1)
        guard case .outcome(1) = await flights.turn(of: second, until: Self.soon) else {
            Issue.record("the second follower has no outcome")
            return
        }
        #expect(flights.load == (0, 0))
    }

    @Test func aFollowerWhoseTimeIsOverLeavesAndTheRestGoesOn() async throws {
        let flights = Flights()
        _ = flights.join("a")
        let (late, waiting) = (try ticket(flights.join("a")), try ticket(flights.join("a")))
        guard case .left = await flights.turn(of: late, until: .now) else {
            Issue.record("it waits beyond its time")
            return
        }
        #expect(flights.load == (1, 1))
        flights.resign("a")
        guard case .leads = await flights.turn(of: waiting, until: Self.soon) else {
            Issue.record("the lead went to who has left")
            return
        }
    }

    @Test func beyondTheLimitsEveryoneIsAlone() {
        let flights = Flights(maximumKeys: 1, maximumFollowers: 1)
        #expect(flights.join("a") == .leads)
        #expect(flights.join("b") == .alone)
        #expect(flights.join("a") != .alone)
        #expect(flights.join("a") == .alone)
    }

    /// Callers come, are cancelled, run out of time, and lead, in an order that the seed decides; whatever happens,
    /// every caller ends, two never compute one key at once, and nothing is left behind.
    @Test(arguments: RepeatableRandom.seeds(20)) func everyCallerEnds(seed: UInt64) async throws {
        let flights = Flights()
        let computing = Locked<[String: Int]>([:])
        let overlaps = MetricCounter()
        var random = RepeatableRandom(seed: seed)
        let plans = (0..<60).map { _ in
            (
                key: ["a", "b", "c"].randomElement(using: &random) ?? "a",
                steps: Int.random(in: 0..<8, using: &random), resigns: random.chance(30),
                isCancelled: random.chance(20), isLate: random.chance(10), yields: Int.random(in: 0..<5, using: &random)
            )
        }
        let ended = try await withThrowingTaskGroup(of: Int?.self) { group in
            for plan in plans {
                group.addTask {
                    for _ in 0..<plan.yields { await Task.yield() }
                    let task = Task { () -> Int? in
                        @Sendable func lead() async -> Int? {
                            let others = computing.withLock { computing in
                                computing[plan.key, default: 0] += 1
                                return computing[plan.key] ?? 0
                            }
                            if others > 1 { overlaps.increment() }
                            for _ in 0..<plan.steps { await Task.yield() }
                            computing.withLock { $0[plan.key, default: 0] -= 1 }
                            if plan.resigns || Task.isCancelled {
                                flights.resign(plan.key)
                                return nil
                            }
                            flights.end(plan.key, with: 1)
                            return 1
                        }
                        switch flights.join(plan.key) {
                        case .leads: return await lead()
                        case .alone: return 1
                        case .follows(let ticket):
                            switch await flights.turn(of: ticket, until: plan.isLate ? .now : Self.soon) {
                            case .outcome(let outcome): return outcome
                            case .leads: return await lead()
                            case .left: return nil
                            }
                        }
                    }
                    if plan.isCancelled { task.cancel() }
                    return await task.value
                }
            }
            return try await group.reduce(into: 0) { count, _ in count += 1 }
        }
        #expect(ended == plans.count, "seed \(seed)")
        #expect(overlaps.value == 0, "seed \(seed)")
        #expect(flights.load == (0, 0), "seed \(seed)")
    }
}

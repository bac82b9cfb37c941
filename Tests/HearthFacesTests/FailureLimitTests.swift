import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthFaces

@Suite struct FailureRuleTests {
    private let rule = FailureRule()

    @Test func theFirstFailuresAreFree() {
        for failures in 0..<Limits.freeFailures {
            #expect(rule.verdict(failures: failures, failedAt: 0, now: 0) == .free)
        }
        #expect(rule.verdict(failures: Limits.freeFailures, failedAt: 0, now: 0) == .waits(30_000))
    }

    @Test func eachPauseIsTwiceAsLongUpToTheLongest() {
        var expected: Int64 = 30_000
        for failures in Limits.freeFailures..<Limits.stoppedFailures {
            #expect(rule.verdict(failures: failures, failedAt: 1_000, now: 1_000) == .waits(expected))
            #expect(rule.verdict(failures: failures, failedAt: 1_000, now: 1_000 + expected) == .free)
            expected = min(expected * 2, Limits.failurePause.longest.milliseconds)
        }
    }

    @Test func afterManyNobodyWaitsLongEnough() {
        let year: Int64 = 365 * 24 * 3_600_000
        #expect(rule.verdict(failures: Limits.stoppedFailures, failedAt: 0, now: year) == .stopped)
        #expect(rule.verdict(failures: .max, failedAt: 0, now: year) == .stopped)
    }

    @Test func aClockThatIsSetBackMakesNoPauseLonger() {
        #expect(rule.verdict(failures: 5, failedAt: 1_000_000, now: 0) == .waits(30_000))
    }
}

@Suite(.timeLimit(.minutes(1))) struct FailureLimitTests {
    private let bench: FaceBench

    init() async throws { bench = try await FaceBench() }

    private func fail(
        _ user: String = "1", number: Int, key: String? = nil, address: String? = nil
    ) async throws -> JSONValue {
        try await bench.call(
            "faces.verify", bench.fields(user), picture: bench.picture(100 + number, of: 50), key: key,
            address: address)
    }

    private func refusal(
        _ user: String = "1", key: String? = nil, address: String? = nil
    ) async -> HearthError? {
        await #expect(throws: HearthError.self) {
            try await fail(user, number: 99, key: key, address: address)
        }
    }

    @Test func afterFiveFailuresAUserWaitsAndASuccessForgetsThem() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        for number in 0..<5 { #expect(try await fail(number: number)["verified"] == false) }
        let asked = bench.finder.asked.withLock { $0.count }
        let error = await refusal()
        #expect(error?.code == .rateLimited && error?.retryAfter == 30)
        #expect(bench.finder.asked.withLock { $0.count } == asked, "who waits costs no model")
        bench.clock.advance(by: .seconds(29))
        #expect(await refusal()?.retryAfter == 1)
        bench.clock.advance(by: .seconds(1))
        #expect(try await fail(number: 6)["verified"] == false)
        #expect(await refusal()?.retryAfter == 60)
        bench.clock.advance(by: .seconds(60))
        let reply = try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(2, of: 1))
        #expect(reply["verified"] == true)
        for number in 0..<5 { #expect(try await fail(number: number)["verified"] == false) }
    }

    @Test func afterFiftyOnlyAnAdministratorHelps() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        for number in 0..<Limits.stoppedFailures {
            bench.clock.advance(by: .seconds(3_600))
            #expect(try await fail(number: number)["verified"] == false)
        }
        bench.clock.advance(by: .seconds(365 * 24 * 3_600))
        let error = await refusal()
        #expect(error?.code == .rateLimited && error?.details?["reason"] == "locked" && error?.retryAfter == nil)
        // The right face does not help either.
        await #expect(throws: HearthError.self) {
            try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(2, of: 1))
        }
        await #expect(throws: HearthError.self) {
            try await bench.call("faces.users.unlock", bench.fields("1"), permission: .write)
        }
        try await bench.call("faces.users.unlock", bench.fields("1"))
        let reply = try await bench.call("faces.verify", bench.fields("1"), picture: bench.picture(2, of: 1))
        #expect(reply["verified"] == true)
    }

    @Test(arguments: [("key", nil), (nil, "192.0.2.7")] as [(String?, String?)])
    func keysAndAddressesAreLimitedOverAllUsers(key: String?, address: String?) async throws {
        for user in 1...6 { try await bench.enrolled("\(user)", as: user, picture: user) }
        for user in 1...5 { _ = try await fail("\(user)", number: user, key: key, address: address) }
        #expect(await refusal("6", key: key, address: address)?.code == .rateLimited)
        // Another one is not.
        #expect(try await fail("6", number: 9, key: "other", address: "192.0.2.8")["verified"] == false)
    }

    /// What is under way has not failed yet; without a bound many could be tried before the first one counts.
    @Test func manyAtOnceAreNoWayAroundTheLimit() async throws {
        try await bench.enrolled("1", as: 1, picture: 1)
        let gate = TestGate()
        bench.finder.before.withLock { $0 = { try await gate.pass() } }
        let verified = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask { [bench] in
                    do {
                        let probe = bench.picture(200 + number, of: 50)
                        _ = try await bench.call("faces.verify", bench.fields("1"), picture: probe)
                        return true
                    } catch let error as HearthError where error.code == .rateLimited {
                        return false
                    }
                }
            }
            try await eventually("some have come") { gate.arrivals == Limits.freeFailures }
            var answers: [Bool] = []
            // Those that are refused need no gate.
            for _ in 0..<(20 - Limits.freeFailures) {
                if let answer = try await group.next() { answers.append(answer) }
            }
            gate.open()
            for try await answer in group { answers.append(answer) }
            return answers
        }
        #expect(verified.count { $0 } == Limits.freeFailures)
    }
}

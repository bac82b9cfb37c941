import HearthCore
import Testing

@testable import HearthJobs

@Suite struct JobMachineTests {
    private let policy = RetryPolicy(first: .seconds(1), longest: .seconds(8))
    private let failures = JobFailure.Kind.allCases.map { JobFailure(kind: $0, code: "c", message: "m") }

    private func leased(attempts: Int = 3) -> JobMachine {
        var machine = JobMachine(maximumAttempts: attempts, runAt: 0)
        let step1 = machine.lease(by: "w", now: 0)
        #expect(step1)
        return machine
    }

    @Test func aJobIsNotLeasedBeforeItsTime() {
        var machine = JobMachine(maximumAttempts: 3, runAt: 100)
        let step2 = machine.lease(by: "w", now: 99)
        #expect(!step2)
        #expect(machine.state == .pending)
        let step3 = machine.lease(by: "w", now: 100)
        #expect(step3)
        #expect(machine.state == .inProgress && machine.owner == "w" && machine.attempt == 1)
    }

    @Test func onlyTheOwnerRecordsAnEnd() {
        var machine = leased()
        let step4 = machine.complete(by: "other")
        #expect(!step4)
        #expect(machine.state == .inProgress)
        let step5 = machine.complete(by: "w")
        #expect(step5)
        #expect(machine.state == .completed && machine.owner == nil)
        let step6 = machine.complete(by: "w")
        #expect(!step6, "delivered twice")
    }

    @Test func transientFailuresComeBackUntilAttemptsRunOut() {
        var machine = JobMachine(maximumAttempts: 2, runAt: 0)
        let step7 = machine.lease(by: "w", now: 0)
        #expect(step7)
        let step8 = machine.fail(by: "w", failures[0], now: 10, policy: policy, jitter: 0)
        #expect(step8)
        #expect(machine.state == .pending && machine.attempt == 1 && machine.runAt == 510)
        let step9 = machine.lease(by: "w", now: 510)
        #expect(step9)
        let step10 = machine.fail(by: "w", failures[0], now: 600, policy: policy, jitter: 0)
        #expect(step10)
        #expect(machine.state == .failed && machine.failure?.code == "c")
    }

    @Test func permanentFailuresEndAtOnce() {
        var machine = leased()
        let step11 = machine.fail(by: "w", failures[1], now: 0, policy: policy, jitter: 0)
        #expect(step11)
        #expect(machine.state == .failed && machine.attempt == 1)
    }

    @Test(arguments: [2, 3]) func anEngineThatIsAwayCostsNoAttempt(kind: Int) {
        var machine = leased(attempts: 1)
        let step12 = machine.fail(by: "w", failures[kind], now: 0, policy: policy, jitter: 0)
        #expect(step12)
        #expect(machine.state == .pending && machine.attempt == 0)
    }

    @Test func theSecondWorkerThatCrashesQuarantinesTheJob() {
        var machine = leased()
        let step13 = machine.crash(of: "w", now: 5)
        #expect(step13)
        #expect(machine.state == .pending && machine.attempt == 0 && machine.crashes == 1)
        let step14 = machine.lease(by: "v", now: 5)
        #expect(step14)
        let step15 = machine.crash(of: "w", now: 6)
        #expect(!step15, "an earlier owner")
        let step16 = machine.crash(of: "v", now: 6)
        #expect(step16)
        #expect(machine.state == .failed && machine.failure?.code == "poison")
    }

    @Test func aWorkerThatIsLateOrWasEndedFromOutsideIsNoCrash() {
        for failure in [JobFailure.released, .leaseLost] {
            var machine = leased()
            for _ in 0..<10 {
                let isTaken = machine.fail(by: "w", failure, now: 5, policy: policy, jitter: 0)
                #expect(isTaken)
                #expect(machine.state == .pending && machine.attempt == 0 && machine.crashes == 0)
                let isLeased = machine.lease(by: "w", now: 5)
                #expect(isLeased)
            }
        }
    }

    @Test func cancellingIsIdempotentAndDropsTheLateResult() {
        var machine = leased()
        let step17 = machine.cancel()
        #expect(step17)
        let step18 = machine.cancel()
        #expect(!step18)
        #expect(machine.state == .cancelled)
        let step19 = machine.complete(by: "w")
        #expect(!step19)
        let step20 = machine.retry(now: 7)
        #expect(step20)
        #expect(machine.state == .pending && machine.attempt == 0 && machine.runAt == 7)
    }

    @Test func onlyWhatFailedOrWasCancelledIsRetried() {
        var pending = JobMachine(maximumAttempts: 1, runAt: 0)
        let step21 = pending.retry(now: 0)
        #expect(!step21)
        var running = leased()
        let step22 = running.retry(now: 0)
        #expect(!step22)
        let step23 = running.complete(by: "w")
        #expect(step23)
        let step24 = running.retry(now: 0)
        #expect(!step24)
    }

    @Test func theBackOffDoublesUpToItsLimitAndJitterKeepsToTheUpperHalf() {
        for attempt in 1...40 {
            let full = min(Int64(1_000) << Int64(min(attempt - 1, 20)), 8_000)
            #expect(policy.delay(afterAttempt: attempt, jitter: 0) == full / 2)
            #expect(policy.delay(afterAttempt: attempt, jitter: 0.999) < full)
        }
    }
}

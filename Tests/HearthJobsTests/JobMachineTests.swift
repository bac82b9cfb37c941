import HearthCore
import Testing

@testable import HearthJobs

@Suite struct JobMachineTests {
    private let policy = RetryPolicy(Backoff(first: .seconds(1), longest: .seconds(8)))
    private let failures = JobFailure.Kind.allCases.map { JobFailure(kind: $0, code: "c", message: "m") }

    /// A job in progress, as the table reads it.
    private func leased(by holder: String = "w", attempts: Int = 3, after earlier: JobMachine? = nil) -> JobMachine {
        JobMachine(
            state: .inProgress, attempt: (earlier?.attempt ?? 0) + 1, maximumAttempts: attempts,
            crashes: earlier?.crashes ?? 0, outages: earlier?.outages ?? 0, leaseHolder: holder, runAt: 0)
    }

    @Test func onlyTheHolderOfTheLeaseRecordsAnEnd() {
        var machine = leased()
        let step1 = machine.complete(by: "other")
        #expect(!step1)
        #expect(machine.state == .inProgress)
        let step2 = machine.complete(by: "w")
        #expect(step2)
        #expect(machine.state == .completed && machine.leaseHolder == nil)
        let step3 = machine.complete(by: "w")
        #expect(!step3, "delivered twice")
    }

    @Test func transientFailuresComeBackUntilAttemptsRunOut() {
        var machine = leased(attempts: 2)
        let step4 = machine.fail(by: "w", failures[0], now: 10, policy: policy, jitter: 0)
        #expect(step4)
        #expect(machine.state == .pending && machine.attempt == 1 && machine.runAt == 510)
        machine = leased(attempts: 2, after: machine)
        let step5 = machine.fail(by: "w", failures[0], now: 600, policy: policy, jitter: 0)
        #expect(step5)
        #expect(machine.state == .failed && machine.failure?.code == "c")
    }

    @Test func permanentFailuresEndAtOnce() {
        var machine = leased()
        let step6 = machine.fail(by: "w", failures[1], now: 0, policy: policy, jitter: 0)
        #expect(step6)
        #expect(machine.state == .failed && machine.attempt == 1)
    }

    @Test(arguments: [2, 3]) func anEngineThatIsAwayCostsNoAttempt(kind: Int) {
        var machine = leased(attempts: 1)
        let step7 = machine.fail(by: "w", failures[kind], now: 0, policy: policy, jitter: 0)
        #expect(step7)
        #expect(machine.state == .pending && machine.attempt == 0)
    }

    @Test func eachOutageInARowWaitsLongerUpToALimit() {
        let policy = RetryPolicy(
            Backoff(first: .seconds(1), longest: .seconds(8)),
            outages: Backoff(first: .seconds(2), longest: .seconds(16)))
        let outage = JobFailure(kind: .infrastructure, code: "c", message: "m")
        var machine = leased(attempts: 1)
        var pauses: [Int64] = []
        for _ in 0..<6 {
            let isTaken = machine.fail(by: "w", outage, now: 0, policy: policy, jitter: 0)
            #expect(isTaken && machine.state == .pending && machine.attempt == 0)
            pauses.append(machine.runAt)
            machine = leased(attempts: 1, after: machine)
        }
        #expect(pauses == [1_000, 2_000, 4_000, 8_000, 8_000, 8_000], "half of each pause when there is no jitter")
        let isDone = machine.complete(by: "w")
        #expect(isDone && machine.outages == 0)
    }

    @Test func aFileThatCannotBeReadIsAFaultOfTheJobAndADiskIsNot() {
        #expect(JobFailure(HearthError(.fileUnreadable, "")).kind == .transient)
        #expect(JobFailure(HearthError(.storageUnavailable, "")).kind == .infrastructure)
    }

    @Test func theSecondWorkerThatCrashesQuarantinesTheJob() {
        var machine = leased()
        let step8 = machine.crash(of: "w", now: 5)
        #expect(step8)
        #expect(machine.state == .pending && machine.attempt == 0 && machine.crashes == 1)
        machine = leased(by: "v", after: machine)
        let step9 = machine.crash(of: "w", now: 6)
        #expect(!step9, "an earlier holder")
        let step10 = machine.crash(of: "v", now: 6)
        #expect(step10)
        #expect(machine.state == .failed && machine.failure?.code == "poison")
    }

    @Test func aWorkerThatIsLateOrWasEndedFromOutsideIsNoCrash() {
        for failure in [JobFailure.released, .leaseLost] {
            var machine = leased()
            for _ in 0..<10 {
                let isTaken = machine.fail(by: "w", failure, now: 5, policy: policy, jitter: 0)
                #expect(isTaken)
                #expect(machine.state == .pending && machine.attempt == 0 && machine.crashes == 0)
                machine = leased(after: machine)
            }
        }
    }

    @Test func cancellingIsIdempotentAndDropsTheLateResult() {
        var machine = leased()
        let step11 = machine.cancel()
        #expect(step11)
        let step12 = machine.cancel()
        #expect(!step12)
        #expect(machine.state == .cancelled)
        let step13 = machine.complete(by: "w")
        #expect(!step13)
        let step14 = machine.retry(now: 7)
        #expect(step14)
        #expect(machine.state == .pending && machine.attempt == 0 && machine.runAt == 7)
    }

    @Test func onlyWhatFailedOrWasCancelledIsRetried() {
        var pending = JobMachine(maximumAttempts: 1, runAt: 0)
        let step15 = pending.retry(now: 0)
        #expect(!step15)
        var running = leased()
        let step16 = running.retry(now: 0)
        #expect(!step16)
        let step17 = running.complete(by: "w")
        #expect(step17)
        let step18 = running.retry(now: 0)
        #expect(!step18)
    }

    @Test func theBackOffDoublesUpToItsLimitAndJitterKeepsToTheUpperHalf() {
        for attempt in 1...40 {
            let full = min(Int64(1_000) << Int64(min(attempt - 1, 20)), 8_000)
            #expect(policy.delay(afterAttempt: attempt, jitter: 0) == full / 2)
            #expect(policy.delay(afterAttempt: attempt, jitter: 0.999) < full)
        }
    }
}

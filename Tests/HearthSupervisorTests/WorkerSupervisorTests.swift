import Foundation
import HearthCore
import HearthInference
import HearthJobs
import HearthSupervisor
import HearthTesting
import HearthWorkerLink
import ServiceLifecycle
import Testing

/// Real processes that do nothing: what they would say over their sockets, the test says for them.
@Suite(.timeLimit(.minutes(2)), .serialized) struct WorkerSupervisorTests {
    @Test(arguments: [(SIGKILL, 0), (SIGTERM, 0), (SIGINT, 0), (SIGSEGV, 1), (SIGABRT, 1), (SIGILL, 1)])
    func aWorkerThatDiesIsReplacedAndItsJobsComeBack(signal: Int32, crashes: Int) async throws {
        let bench = try await SupervisorBench()
        try await bench.run {
            let first = try await bench.started(1)
            let jobID = try await bench.queue.add()
            _ = try await bench.queue.lease(by: first.worker)
            kill(first.pid, signal)
            let second = try await bench.started(2)
            #expect(second.worker != first.worker)
            try await eventually("the job is back") { try await bench.queue.job(jobID).status == .pending }
            let again = try await bench.queue.lease(by: "next", suspects: crashes > 0)
            #expect(again.map(\.crashes) == [crashes], "only a crash from inside makes it a suspect")
            #expect(await bench.supervisor.restarts == 1)
            let crash = await bench.supervisor.lastCrash
            #expect((crash != nil) == (crashes > 0), "health tells of a crash, and of nothing else")
            if crashes > 0 { #expect(crash?.reason.isEmpty == false) }
        }
    }

    @Test func aJobThatCrashesItsWorkersQuarantinesNoOther() async throws {
        let bench = try await SupervisorBench()
        let bad = try await bench.queue.add(QueueBench.request(priority: 1))
        let innocent = try await bench.queue.add(QueueBench.request("import", lane: .media))
        try await bench.run(withSuspects: true) {
            let first = try await bench.started(1)
            _ = try await bench.queue.lease(by: first.worker)
            _ = try await bench.queue.lease(by: first.worker, kinds: ["import"], lane: .media)
            kill(first.pid, SIGSEGV)
            let alone = try await bench.started(1, suspects: true)
            #expect(try await bench.lease(asSuspect: alone.worker)?.jobID == bad)
            kill(alone.pid, SIGSEGV)
            try await eventually("the bad one is quarantined") { try await bench.queue.job(bad).status == .failed }
            let next = try await bench.started(2, suspects: true)
            let lease = try #require(try await bench.lease(asSuspect: next.worker))
            #expect(lease.jobID == innocent)
            #expect(try await bench.queue.complete(lease), "the other one goes on")
            try await eventually("nobody is needed any more") { kill(next.pid, 0) != 0 }
        }
        #expect(try await bench.queue.job(bad).errorCode == "poison")
        #expect(try await bench.queue.job(innocent).status == .completed)
    }

    @Test func theProcessForSuspectsEndsWithTheServerAndGivesItsJobBackAtNoCost() async throws {
        let bench = try await SupervisorBench()
        let jobID = try await bench.queue.add()
        _ = try await bench.queue.lease(by: "victim")
        _ = try await bench.queue.queue.crashWorker("victim")
        try await bench.run(withSuspects: true) {
            let alone = try await bench.started(1, suspects: true)
            _ = try await bench.lease(asSuspect: alone.worker)
        }
        #expect(try bench.startedWorkers().allSatisfy { kill($0.pid, 0) != 0 }, "no process is left")
        #expect(try await bench.queue.job(jobID).status == .pending)
        #expect(try await bench.lease(asSuspect: "next")?.crashes == 1, "the stop is no second crash")
    }

    @Test func aWorkerThatNeverAnswersIsReplacedAndItsJobsComeBackAtNoCost() async throws {
        let bench = try await SupervisorBench(patience: WorkerPatience(first: .milliseconds(200)))
        let jobID = try await bench.queue.add()
        try await bench.run {
            let first = try await bench.started(1)
            _ = try await bench.queue.lease(by: first.worker)
            _ = try await bench.started(2)
            try await eventually("the first is gone") { kill(first.pid, 0) != 0 }
            try await eventually("the job is back") { try await bench.queue.job(jobID).status == .pending }
            #expect(await bench.supervisor.lastCrash == nil, "it was ended from outside")
        }
        #expect(try await bench.queue.lease(by: "next").map(\.crashes) == [0])
    }

    @Test func aProcessForSuspectsThatNeverAnswersGivesItsJobBackAtNoCost() async throws {
        let bench = try await SupervisorBench(patience: WorkerPatience(first: .milliseconds(200)))
        let jobID = try await bench.queue.add()
        _ = try await bench.queue.lease(by: "victim")
        _ = try await bench.queue.queue.crashWorker("victim")
        try await bench.run(withSuspects: true) {
            let first = try await bench.started(1, suspects: true)
            _ = try await bench.lease(asSuspect: first.worker)
            try await eventually("the first is gone") { kill(first.pid, 0) != 0 }
            try await eventually("the job is back") { try await bench.queue.job(jobID).status == .pending }
        }
        #expect(try await bench.lease(asSuspect: "next")?.crashes == 1)
    }

    @Test func theLastCrashIsKnown() async throws {
        let bench = try await SupervisorBench()
        try await bench.run {
            kill(try await bench.started(1).pid, SIGSEGV)
            _ = try await bench.started(2)
            #expect(await bench.supervisor.lastCrash?.reason == "Segmentation fault")
            #expect(await bench.supervisor.lastCrash?.at == bench.queue.clock.now())
        }
    }

    @Test func aWorkerThatCannotStayUpIsTriedUntilItCan() async throws {
        let bench = try await SupervisorBench()
        try bench.breakWorkers(true)
        try await bench.run {
            _ = try await bench.started(4)
            try bench.breakWorkers(false)
            try await eventually("one stays") { try bench.startedWorkers().contains { kill($0.pid, 0) == 0 } }
        }
    }

    @Test func theEndOfTheServerEndsItsWorkerAtNoCostToItsJobs() async throws {
        let bench = try await SupervisorBench()
        let jobID = try await bench.queue.add()
        try await bench.run {
            let worker = try await bench.started(1).worker
            _ = try await bench.queue.lease(by: worker)
        }
        #expect(try bench.startedWorkers().allSatisfy { kill($0.pid, 0) != 0 }, "no process is left")
        let job = try await bench.queue.job(jobID)
        #expect(job.status == .pending)
        #expect(job.attempt == 0)
        #expect(try await bench.queue.lease(by: "next").map(\.crashes) == [0])
    }

    @Test func workersOfAServerThatGivesUpAreAskedToEndAsWell() async throws {
        let bench = try await SupervisorBench(drains: true)
        let jobID = try await bench.queue.add()
        try await bench.runUntilCancelled {
            let worker = try await bench.started(1).worker
            try await eventually("it can be asked") { bench.drainingWorkers().count == 1 }
            _ = try await bench.queue.lease(by: worker)
        }
        let started = try bench.startedWorkers()
        #expect(bench.askedWorkers().map(\.worker) == started.map(\.worker), "each was told, and not just killed")
        #expect(started.allSatisfy { kill($0.pid, 0) != 0 }, "no process is left")
        let job = try await bench.queue.job(jobID)
        #expect(job.status == .pending && job.attempt == 0)
        #expect(try await bench.queue.lease(by: "next").map(\.crashes) == [0])
    }

    @Test func aServerThatGivesUpWhileItsWorkerWaitsForItsNextStartEnds() async throws {
        let bench = try await SupervisorBench(executable: "/nowhere/hearth-worker")
        try await bench.runUntilCancelled {
            try await eventually("it is tried again and again") { await bench.supervisor.restarts > 2 }
        }
        #expect(await bench.supervisor.liveWorkers.isEmpty)
    }

    @Test func aProgramThatIsNotThereIsNoReasonToHang() async throws {
        let bench = try await SupervisorBench(executable: "/nowhere/hearth-worker")
        try await bench.run {
            try await eventually("it is tried again and again") { await bench.supervisor.restarts > 2 }
        }
    }

    @Test func aFreshWorkerTakesOverWithoutAGapBeforeTheOldOneEnds() async throws {
        let bench = try await SupervisorBench()
        try await bench.run {
            let old = try await bench.started(1)
            try await withThrowingTaskGroup(of: Void.self) { doors in
                doors.addTask { try? await bench.door(of: old.worker).run() }
                try await eventually("the first is known") { await bench.supervisor.status?.worker == old.worker }
                bench.supervisor.recycle()
                let fresh = try await bench.started(2)
                #expect(try await bench.client.status().worker == old.worker, "calls go to the old one meanwhile")
                #expect(kill(old.pid, 0) == 0)
                doors.addTask { try? await bench.door(of: fresh.worker).run() }
                try await eventually("the fresh one has taken over") {
                    // The old one is asked to end after the change only: there is always somebody who answers.
                    try await bench.client.status().worker == fresh.worker
                }
                try await eventually("the old one is gone") { kill(old.pid, 0) != 0 }
                #expect(kill(fresh.pid, 0) == 0)
                #expect(await bench.supervisor.restarts == 0)
                doors.cancelAll()
            }
        }
    }
}

import Foundation
import HearthCore
import HearthDoors
import HearthInference
import HearthJobs
import HearthSupervisor
import HearthTesting
import HearthWorkerLink
import ServiceLifecycle
import Testing

/// Real processes that do nothing: what they would say over their sockets, the test says for them.
@Suite(.timeLimit(.minutes(2)), .serialized) struct WorkerSupervisorTests {
    @Test func aWorkerThatIsKilledIsReplacedAndItsJobsComeBack() async throws {
        let bench = try await SupervisorBench()
        try await bench.run {
            let first = try await bench.started(1)
            let jobID = try await bench.queue.add()
            _ = try await bench.queue.lease(by: first.worker)
            kill(first.pid, SIGKILL)
            let second = try await bench.started(2)
            #expect(second.worker != first.worker)
            try await eventually("the job is back") { try await bench.queue.job(jobID).status == .pending }
            #expect(try await bench.queue.lease(by: "next").map(\.crashes) == [1], "it was there when a worker died")
            #expect(await bench.supervisor.restarts == 1)
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

import HearthCore
import HearthJSON
import HearthJobs
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthStudio

/// What a job has begun at another server is stopped there when the job ends without its output, whether or not an
/// attempt is there to do it.
@Suite(.timeLimit(.minutes(3))) struct RemoteWorkTests {
    private let bench: StudioBench
    private let render = "studio.outputs.render.plain"
    private let stop = "studio.outputs.stop"

    init() async throws { bench = try await StudioBench(isRemote: true) }

    /// A job whose worker has died after it had begun.
    private func abandoned() async throws -> String {
        let answer = try await bench.call("studio.outputs.generate", ["prompt": "a"])
        #expect(try await bench.lease(render, by: "first").count == 1)
        try await bench.releaseWorker("first")
        return answer["job_id"]?.stringValue ?? ""
    }

    private func jobs(_ kind: String, _ state: JobState) async throws -> Int64 {
        try await bench.store.read { db in
            try db.value("SELECT COUNT(*) FROM jobs WHERE kind = \(kind) AND state = \(state)", as: Int64.self) ?? 0
        }
    }

    @Test func aJobThatIsCancelledBetweenTwoAttemptsIsStoppedWhereItMayRun() async throws {
        let job = try await abandoned()
        try await bench.cancel(job)
        #expect(try await jobs(stop, .pending) == 1)
        try await bench.run([stop])
        #expect(bench.generator.stopped.withLock { $0.isEmpty }, "an attempt that runs is given its second")
        bench.clock.advance(by: Limits.remoteStopDelay)
        try await bench.run([stop])
        let works = try #require(bench.generator.stopped.withLock { $0.first })
        #expect(works == (1...Limits.outputTries).map { Studio.workID(job: job, number: $0) })
        #expect(try await jobs(stop, .completed) == 1)
    }

    @Test func aJobThatFailsIsStoppedAsWell() async throws {
        _ = try await bench.call("studio.outputs.generate", ["prompt": "a"])
        bench.generator.before.withLock {
            $0 = { _ in throw JobFailure(kind: .permanent, code: "comfyui_lost", message: "Gone.") }
        }
        try await bench.run([render])
        #expect(try await jobs(stop, .pending) == 1)
    }

    @Test func whatHasNeverBegunOrIsDoneNeedsNoStop() async throws {
        let waiting = try await bench.call("studio.outputs.generate", ["prompt": "a"])
        try await bench.cancel(waiting["job_id"]?.stringValue ?? "")
        _ = try await bench.call("studio.outputs.generate", ["prompt": "b"])
        try await bench.run([render])
        #expect(try await jobs(render, .completed) == 1)
        #expect(try await jobs(stop, .pending) == 0)
    }

    @Test func aRetryTakesItsWorkUpAgainAndIsNotStopped() async throws {
        let job = try await abandoned()
        try await bench.cancel(job)
        try await bench.retry(job)
        #expect(try await jobs(stop, .cancelled) == 1)
        #expect(try await jobs(stop, .pending) == 0)
        bench.clock.advance(by: .seconds(60))
        try await bench.run([stop, render])
        #expect(bench.generator.stopped.withLock { $0.isEmpty })
        #expect(try await jobs(render, .completed) == 1)
    }

    @Test func aRetryWaitsForAStopThatIsOnItsWay() async throws {
        let job = try await abandoned()
        try await bench.cancel(job)
        bench.clock.advance(by: Limits.remoteStopDelay)
        let lease = try #require(try await bench.lease(stop).first)
        let error = await #expect(throws: HearthError.self) { try await bench.retry(job) }
        #expect(error?.code == .conflict && error?.retryAfter != nil)
        #expect(try await jobs(render, .cancelled) == 1, "nothing has changed")
        try await bench.run(lease)
        try await bench.retry(job)
        #expect(try await jobs(render, .pending) == 1)
    }

    @Test func aServerThatStaysAwayIsAskedABoundedNumberOfTimes() async throws {
        let job = try await abandoned()
        try await bench.cancel(job)
        bench.generator.stopFailure.withLock {
            $0 = JobFailure(kind: .infrastructure, code: "comfyui_away", message: "It is away.")
        }
        for _ in 0..<20 {
            bench.clock.advance(by: .seconds(600))
            try await bench.run([stop])
        }
        #expect(bench.generator.stopped.withLock { $0.count } == Limits.remoteStopAttempts)
        #expect(try await jobs(stop, .failed) == 1)
    }
}

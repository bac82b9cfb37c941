import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthJobs

/// The operation that waits for a job: for as long as its caller says, and never at the job's cost.
@Suite(.timeLimit(.minutes(3))) struct JobWaitingTests {
    private let folder: TemporaryFolder
    private let bench: QueueBench
    private let hub: EventHub
    private let registry: OperationRegistry

    init() async throws {
        folder = try TemporaryFolder(.memory)
        bench = try await QueueBench(SQLiteStore(path: folder.file("jobs.db")))
        hub = EventHub(store: bench.store, table: bench.table, signal: bench.signal, logger: .quiet)
        let waiter = JobWaiter(hub: hub, queue: bench.queue)
        registry = try OperationRegistry([JobWaiting(queue: bench.queue, waiter: waiter).operation])
    }

    private func wait(
        _ jobID: String, seconds: JSONValue? = nil, tenant: Tenant = .local,
        progress: ReportSink<ProgressReport> = .dropped
    ) async throws -> JSONValue {
        var input: JSONObject = ["job_id": .string(jobID)]
        input["seconds"] = seconds
        let operation = try #require(registry["wait_for_job"])
        let context = OperationContext(
            principal: Principal(tenant: tenant, permission: .read), requestID: "r", deadline: .now + .seconds(600),
            progress: progress, logger: .quiet)
        return try await registry.call(operation, input: .object(input), context: context)
    }

    private func code(_ body: () async throws -> Void) async -> HearthError.Code? {
        do {
            try await body()
            return nil
        } catch { return (error as? HearthError)?.code }
    }

    @Test func whenTheTimeIsOverTheJobGoesOn() async throws {
        let job = try await bench.add()
        let waited = try await wait(job, seconds: 0)
        #expect(waited["timed_out"] == true && waited["state"] == "pending" && waited["job_id"] == .string(job))
        #expect(waited["outputs"] == [])
        #expect(try await bench.job(job).status == .pending)
    }

    @Test func theEndOfTheJobSaysWhatItHasMade() async throws {
        for (result, outputs) in [
            (["output_id": "a"], ["a"]), (["output_ids": ["a", "b"]], ["a", "b"]),
            (["outputs": [["output_id": "a"], ["output_id": "b"]], "output_id": "a"], ["a", "b"]), (nil, []),
        ] as [(JSONValue?, [String])] {
            let job = try await bench.add()
            _ = try await bench.complete(bench.lease()[0], result: result)
            let waited = try await wait(job)
            #expect(waited["timed_out"] == false && waited["state"] == "completed")
            #expect(waited["outputs"]?.arrayValue?.compactMap(\.stringValue) == outputs)
        }
        let failing = try await bench.add()
        _ = try await bench.fail(bench.lease()[0], .permanent, message: "no light")
        #expect(try await wait(failing)["error_message"] == "no light")
    }

    @Test func reportsComeAsTheJobGoesOn() async throws {
        let job = try await bench.add()
        let lease = try await bench.lease()[0]
        let reports = Locked<[Double]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [hub] in try await hub.run() }
            async let waited = wait(
                job, progress: ReportSink { report in reports.withLock { $0.append(report.overall) } })
            try await eventually("it listens") { hub.listenerCount > 0 }
            bench.clock.advance(by: .seconds(1))
            _ = try await bench.progress(lease, ProgressReport(stage: "s", overall: 0.5))
            bench.signal.ring()
            try await eventually("the report has come") { reports.withLock { $0.contains(0.5) } }
            _ = try await bench.complete(lease)
            bench.signal.ring()
            #expect(try await waited["state"] == "completed")
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func aJobOfAnotherTenantIsNotThereAndNoWaitIsLongerThanTheLimit() async throws {
        let job = try await bench.add()
        #expect(await code { _ = try await wait(job, seconds: 0, tenant: Tenant(rawValue: "other")) } == .notFound)
        #expect(await code { _ = try await wait(job, seconds: 51) } == .invalidRequest)
        #expect(await code { _ = try await wait(job, seconds: -1) } == .invalidRequest)
    }
}

import HearthCore
import HearthJSON

/// The operation that waits for a job: for a while, so that no caller's own time is over first.
struct JobWaiting: Sendable {
    let queue: JobQueue
    let waiter: JobWaiter?

    var operation: Operation {
        Operation(
            .init(
                "jobs.wait",
                "Wait until a job has ended, for \(Limits.jobWaitSeconds) seconds unless it is said otherwise.",
                description: """
                    Answers when the job has ended, or when the time is over: `timed_out` is true then, and the job \
                    goes on. Whether a caller waits, and whether it leaves, makes no difference to the job.
                    """,
                permission: .read, hints: .reads,
                routes: [Route(.get, "/jobs/{job_id}/wait"), Route(.get, "/api/jobs/{job_id}/wait")],
                tool: "wait_for_job", deadline: .seconds(Limits.longestJobWaitSeconds + 5)),
            input: WaitForJob.self, output: WaitedJob.self, run: wait)
    }

    private func wait(_ input: WaitForJob, _ context: OperationContext) async throws -> WaitedJob {
        guard let waiter else { throw HearthError(.invalidRequest, "Jobs cannot be waited for in this process.") }
        let end = ContinuousClock.now + .seconds(input.seconds ?? Double(Limits.jobWaitSeconds))
        let waiting = Waiting(tenant: context.tenant, deadline: min(end, context.deadline))
        guard let job = try await waiter.end(of: input.jobID, waiting, progress: context.progress) else {
            throw HearthError(.notFound, "There is no such job.", hint: "`GET /jobs` lists them.")
        }
        return WaitedJob(job)
    }
}

/// Input of `jobs.wait`.
struct WaitForJob: Sendable, Codable, SchemaDescribed {
    var jobID: String
    var seconds: Double?

    static let fields = [
        "job_id": FieldNote("Identifier of a job."),
        "seconds": FieldNote(
            "How long to wait; \(Limits.jobWaitSeconds) when absent, 0 to look once.", minimum: 0,
            maximum: Double(Limits.longestJobWaitSeconds)),
    ]
}

/// Output of `jobs.wait`: what there is to know of a job by someone who waits for it.
struct WaitedJob: Sendable, Codable, SchemaDescribed {
    var jobID: String
    var kind: String
    var state: JobState
    var timedOut: Bool
    var progress: Double
    var stage: String?
    var current: Double?
    var step: Int?
    var steps: Int?
    var eta: Double?
    var errorCode: String?
    var errorMessage: String?
    /// What the job has made that can be looked at.
    var outputs: [String]
    var result: JSONValue?

    static let fields = [
        "state": FieldNote("`pending`, `in_progress`, `completed`, `failed` or `cancelled`."),
        "timed_out": FieldNote("The time was over first, and the job goes on: wait again."),
        "progress": FieldNote("0 to 1 over all stages."),
        "current": FieldNote("0 to 1 of the stage; absent where that is not known."),
        "eta": FieldNote("Seconds that are left, by the progress that was measured; absent while that is not known."),
        "outputs": FieldNote("Identifiers of the pictures and videos that it has made."),
        "result": FieldNote("What the job says of its result; absent before its end."),
    ]

    init(_ job: Job) {
        jobID = job.jobID
        kind = job.kind
        state = job.status
        timedOut = !job.status.isFinal
        progress = job.progress
        stage = job.stage
        (current, step, steps, eta) = (job.current, job.step, job.steps, job.eta)
        errorCode = job.errorCode
        errorMessage = job.errorMessage
        outputs = Self.outputs(in: job.result)
        result = job.result
    }

    private static func outputs(in result: JSONValue?) -> [String] {
        let lists = [result?["output_ids"]?.arrayValue, result?["outputs"]?.arrayValue].compactMap { $0 }
        let listed = lists.flatMap { $0 }.compactMap { $0.stringValue ?? $0["output_id"]?.stringValue }
        return ([result?["output_id"]?.stringValue].compactMap { $0 } + listed).reduce(into: []) { ids, id in
            if !ids.contains(id) { ids.append(id) }
        }
    }
}

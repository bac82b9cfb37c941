import HearthCore
import HearthJSON
import HearthJobs

/// Input of `studio.outputs.stop`.
struct StopWork: Sendable, Codable, SchemaDescribed {
    var jobID: String
    var generator: String

    static let fields: [String: FieldNote] = [
        "job_id": FieldNote("Identifier of the job that has ended."),
        "generator": FieldNote("Identifier of the generator that has worked on it."),
    ]
}

extension Studio {
    /// A lane of its own, so that it does not wait for outputs that are being made.
    static let stopping = QueuedOperation(
        .init(
            "studio.outputs.stop", "Stop what a job that has ended has left at another server.",
            description: """
                Follows each job of a generator such as `comfyui` that was cancelled or has failed after it had begun: \
                its work may wait or run at a server, and no attempt is there to stop it. Tried for some minutes when \
                a server does not answer; what such a server still makes is never fetched.
                """,
            permission: .admin, hints: .removes),
        plan: JobPlan(
            lane: Lane("stop", capacity: Limits.remoteStops, role: .media),
            maximumAttempts: Limits.remoteStopAttempts, timeout: .seconds(90), control: .write),
        input: StopWork.self, subject: \.jobID, identity: \.jobID)

    /// The job that stops what another job has left.
    /// - Parameter from: when it begins, milliseconds since 1970; nil: at once.
    static func stop(_ job: SubjectJob, at generator: String, from: Int64? = nil) throws -> JobRequest {
        try stopping.request(StopWork(jobID: job.jobID, generator: generator), tenant: job.tenant, runAt: from)
    }

    func stoppingOperation() -> Operation {
        let table = queue.table
        return Operation(
            Self.stopping,
            admit: { input, tenant in
                _ = try await store.read { db in try table.job(input.jobID, of: tenant, in: db) }
            }
        ) { input, _, _ in
            guard try await store.read({ db in try table.isOver(input.jobID, in: db) }) else {
                return JobOutcome(result: ["skipped": "The job runs again."])
            }
            guard let generator = generation.generators.first(where: { $0.description.id == input.generator }) else {
                return JobOutcome(result: ["skipped": "The generator is not set up any more."])
            }
            let works = (1...Limits.outputTries).map { Self.workID(job: input.jobID, number: $0) }
            do {
                try await generator.stop(works)
            } catch let failure as JobFailure where failure.kind == .infrastructure {
                // It must not wait for ever for a server that does not come back: it costs an attempt.
                throw JobFailure(kind: .transient, code: failure.code, message: failure.message)
            }
            return JobOutcome(result: ["job_id": .string(input.jobID)])
        }
    }
}

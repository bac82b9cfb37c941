package import HearthCore
import HearthJSON

/// The operations that show, cancel and retry jobs.
package struct JobOperations: Sendable {
    private let queue: JobQueue
    private let waiter: JobWaiter?
    private let control: @Sendable (String) -> Permission?

    /// - Parameters:
    ///   - waiter: where callers wait for the ends of jobs; nil: they cannot.
    ///   - control: what a caller must have to cancel or retry jobs of a kind; nil: the kind is unknown.
    package init(
        queue: JobQueue, waiter: JobWaiter? = nil, control: @escaping @Sendable (_ kind: String) -> Permission?
    ) {
        self.queue = queue
        self.waiter = waiter
        self.control = control
    }

    /// Every operation on jobs.
    package func all() -> [Operation] {
        [
            Operation(
                .init(
                    "jobs.list", "List the jobs, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/jobs"), Route(.get, "/api/jobs")], tool: "list_jobs"),
                input: ListJobs.self, output: Page<Job>.self, run: list),
            Operation(
                .init(
                    "jobs.get", "Show one job.",
                    description: """
                        Answers the job's state, progress, result or error. `GET /jobs/{job_id}/events` \
                        and `/ws/{job_id}` show its progress live.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/jobs/{job_id}"), Route(.get, "/api/jobs/{job_id}")], tool: "get_job"),
                input: JobReference.self, output: Job.self
            ) { [queue] input, context in
                try await queue.store.read { db in try queue.table.job(input.jobID, of: context.tenant, in: db) }
            },
            JobWaiting(queue: queue, waiter: waiter).operation,
            Operation(
                .init(
                    "jobs.cancel", "Cancel a job; one that has ended stays as it is.",
                    description: """
                        A job that is running stops at once and its result is dropped. Answers the job \
                        as it is now. It needs the permission that starting the job needs.
                        """,
                    permission: .write, hints: .removes,
                    routes: [Route(.post, "/jobs/{job_id}/cancel"), Route(.post, "/api/jobs/{job_id}/cancel")],
                    tool: "cancel_job"),
                input: JobReference.self, output: Job.self
            ) { [queue] input, context in
                try await requireControl(of: input.jobID, context)
                return try await queue.cancel(input.jobID, of: context.tenant)
            },
            Operation(
                .init(
                    "jobs.retry", "Run a failed or cancelled job again with the same input.",
                    description: """
                        The job keeps its identifier and its input and becomes pending again. One that \
                        has not ended is refused with `conflict`. It needs the permission that starting the job needs.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/jobs/{job_id}/retry"), Route(.post, "/api/jobs/{job_id}/retry")]),
                input: JobReference.self, output: Job.self
            ) { [queue] input, context in
                try await requireControl(of: input.jobID, context)
                return try await queue.retry(input.jobID, of: context.tenant)
            },
        ]
    }

    /// The kind of a job never changes, so that a look before the change is enough.
    /// - Throws: ``HearthError`` `not_found`, and `forbidden` when the caller could not have started such a job.
    private func requireControl(of jobID: String, _ context: OperationContext) async throws {
        let (table, tenant) = (queue.table, context.tenant)
        let kind = try await queue.store.read { db in try table.job(jobID, of: tenant, in: db) }.kind
        // A job of an operation that this version does not have.
        let needed = control(kind) ?? .admin
        guard context.principal.permission >= needed else {
            throw HearthError(
                .forbidden, "This credential may not cancel or retry jobs of \(kind).",
                hint: "They need the permission `\(needed.rawValue)`.")
        }
    }

    private func list(_ input: ListJobs, _ context: OperationContext) async throws -> Page<Job> {
        var filter = JobTable.Filter(state: input.status, kind: input.kind, page: try input.page())
        filter.hasUpkeep = input.upkeep ?? true
        let wanted = filter
        return try await queue.store.read { db in try queue.table.list(wanted, of: context.tenant, in: db) }
    }

    /// Input of `jobs.list`.
    private struct ListJobs: Sendable, Codable, PagedInput {
        var status: JobState?
        var kind: String?
        var upkeep: Bool?
        var cursor: String?
        var limit: Int?

        static let fields = pageFields(and: [
            "status": FieldNote("Only jobs in this state."),
            "kind": FieldNote("Only jobs of this operation.", example: "studio.anchors.extract"),
            "upkeep": FieldNote("`false` leaves out the jobs that the server makes by its schedule."),
        ])
    }

    /// A job by its id.
    private struct JobReference: Sendable, Codable, SchemaDescribed {
        var jobID: String

        static let fields = ["job_id": FieldNote("Identifier of a job.")]
    }
}

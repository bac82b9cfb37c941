package import HearthJSON

/// How a queued operation runs: declared once, beside the operation.
package struct JobPlan: Sendable {
    /// The queue in which its jobs wait.
    package let lane: Lane
    /// Attempts that may fail before the job does.
    package let maximumAttempts: Int
    /// A running attempt is cancelled after this.
    package let timeout: Duration
    /// What must be there before a worker leases the job; all of them.
    package let needs: Set<JobNeed>
    /// What a caller must have to cancel or retry its jobs; nil: the permission of the operation. A step that other
    /// operations start has theirs, so that the caller who has started it can also end it.
    package let control: Permission?
    /// Whether an attempt is not waited for when its process is asked to end: the job goes back to the queue at once,
    /// to be run again from its beginning. For work that takes longer than the end of a process may, and comes out the
    /// same.
    package let goesBackAtStop: Bool

    /// A plan: without needs, five attempts of two minutes, and not given back at a stop.
    package init(
        lane: Lane, maximumAttempts: Int = 5, timeout: Duration = .seconds(120), needs: Set<JobNeed> = [],
        control: Permission? = nil, goesBackAtStop: Bool = false
    ) {
        self.control = control
        self.goesBackAtStop = goesBackAtStop
        self.lane = lane
        self.maximumAttempts = maximumAttempts
        self.timeout = timeout
        self.needs = needs
    }
}

/// A queue of jobs with a capacity of its own: a slow lane never delays another.
///
/// A feature may declare lanes of its own; a lane exists when a plan names it, and nothing else lists lanes.
package struct Lane: Sendable, Hashable {
    /// Stored with each job.
    package let name: String
    /// Jobs that one worker runs at once.
    package let capacity: Int
    /// The worker processes that run it.
    package let role: WorkerRole

    /// A lane; its name is stored with jobs, so it must not change.
    package init(_ name: String, capacity: Int, role: WorkerRole) {
        self.name = name
        self.capacity = capacity
        self.role = role
    }

    /// Vectors; the model's queue forms the batches.
    package static let embed = Lane("embed", capacity: Limits.embedJobs, role: .inference)
    /// Generation of pictures and video; no operation of today uses it.
    package static let render = Lane("render", capacity: Limits.renderJobs, role: .media)
    /// Files and archives: work without a model.
    package static let media = Lane("media", capacity: Limits.mediaJobs, role: .media)
    /// What is done by schedule: work that is missing is looked for, and what is old is deleted.
    package static let upkeep = Lane("upkeep", capacity: Limits.upkeepJobs, role: .inference)
}

/// What a worker process is for. The front starts a process for each role that runs a lane.
package struct WorkerRole: Sendable, Hashable, Codable, RawRepresentable {
    /// As settings, metrics and names of workers write it.
    package let rawValue: String

    /// A role by its word.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Holds models; its jobs use them without leaving the process.
    package static let inference = WorkerRole(rawValue: "inference")
    /// Decoders, archives, programs, generators; it holds no model and asks the others for vectors.
    package static let media = WorkerRole(rawValue: "media")
}

/// Something outside a job that it cannot run without.
package enum JobNeed: Sendable, Hashable, Codable {
    /// A model, by its id; nil: the one that serves anchors.
    ///
    /// A model of another process counts as there when it can be loaded: the first call starts its process.
    case model(String?)
    /// A program, by its name, in a folder of `PATH`.
    case program(String)
    /// A server that accepts connections, by its URL.
    case service(String)

    /// The model that serves anchors.
    package static let defaultEmbedder = JobNeed.model(nil)
}

extension JobNeed: CustomStringConvertible {
    /// As people read it: `program ffmpeg`.
    package var description: String {
        switch self {
        case .model(nil): "the model for anchors"
        case .model(let id?): "model \(id)"
        case .program(let name): "program \(name)"
        case .service(let url): "service \(url)"
        }
    }
}

/// Runs one kind of job in a worker.
package struct JobHandler: Sendable {
    /// How its jobs run.
    package let plan: JobPlan
    /// One attempt; throws ``JobFailure`` or any other error when it ends without a result.
    package let run: @Sendable (JobLease, JobProgress) async throws -> JobOutcome

    /// What runs the jobs of one kind, and under which plan.
    package init(
        plan: JobPlan, run: @escaping @Sendable (JobLease, JobProgress) async throws -> JobOutcome
    ) {
        self.plan = plan
        self.run = run
    }
}

/// What an attempt produced.
package struct JobOutcome: Sendable {
    /// Shown with the job.
    package var result: JSONValue?
    /// Writes the rows that the job is about, in the transaction that completes it; not run for a late result.
    package var commit: @Sendable (any SQLConnection) throws -> Void
    /// Called when that transaction has ended, for files that it names or leaves without a name. A store that failed
    /// may have committed all the same, so the rows say what is named.
    package var ended: @Sendable (_ isRecorded: Bool) async -> Void

    /// A result, what is committed with it, and what is done afterwards: nothing unless they say so.
    package init(
        result: JSONValue? = nil, commit: @escaping @Sendable (any SQLConnection) throws -> Void = { _ in },
        ended: @escaping @Sendable (_ isRecorded: Bool) async -> Void = { _ in }
    ) {
        self.result = result
        self.commit = commit
        self.ended = ended
    }
}

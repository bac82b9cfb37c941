extension Limits {
    // MARK: Jobs

    /// Jobs of a lane that one worker runs at once. Embeddings share passes, so many of them keep the model busy.
    package static let embedJobs = 32
    package static let renderJobs = 3
    package static let mediaJobs = 64
    package static let upkeepJobs = 4
    /// How often a worker looks whether the programs and services that its jobs need are there.
    package static let needInterval: Duration = .seconds(5)
    /// How long a service may take to accept a connection.
    package static let needConnect: Duration = .seconds(1)
    /// Health counts jobs that wait for something up to this number.
    package static let countedJobs = 10_000
    /// Jobs whose lane is corrected by one write, after an operation has moved to another lane.
    package static let laneBatch = 500
    /// A leased job belongs to its worker for this long, unless renewed.
    package static let lease: Duration = .seconds(10)
    /// How often a worker renews its leases.
    package static let heartbeat: Duration = .seconds(3)
    /// How far the clocks of two machines on one store may differ before a time counts as written by a wrong clock.
    package static let clockSkew: Duration = .seconds(5)
    /// How often expired leases are looked for; lease + this stays under 15 s.
    package static let rescueInterval: Duration = .seconds(2)
    /// Unfinished jobs of one tenant; more get `overloaded` from the next count on (each `rescueInterval`).
    package static let unfinishedJobs = 1_000_000
    /// Times that a transition or a job with a uniqueness key is tried when others change the job meanwhile.
    package static let transitionAttempts = 10
    /// Tenants among which the places of one call are divided; the others have their turn at the next calls.
    package static let leaseTenants = 32
    /// Jobs leased by one call, or rescued by one.
    package static let leaseBatch = 256
    /// Bytes of a job's input or result.
    package static let jobPayloadBytes = 256 << 10
    /// Workers that may crash while running a job before it is quarantined.
    package static let jobCrashes = 2
    /// Finished jobs are kept this long …
    package static let jobHistory: Duration = .seconds(7 * 24 * 3_600)
    /// … and at most so many of them.
    package static let jobHistoryCount = 100_000
    /// Finished jobs that one step deletes, after their events.
    package static let prunedJobs = 100
    /// Events that are kept of one job: the first, which says when it was made, and the last ones.
    package static let jobEvents = 10_000
    /// Pauses before a failed attempt comes back.
    package static let jobBackoff = Backoff(first: .seconds(1), longest: .seconds(300))
    /// Pauses of a job that waits for something outside of it: a model, a disk, a queue.
    package static let outageBackoff = Backoff(first: .seconds(1), longest: .seconds(60))
    /// Progress events of one job a second.
    package static let eventsPerSecond = 10
    /// Events of one page.
    package static let eventPage = 1_000
    /// Listeners of progress at once.
    package static let eventListeners = 1_000
    /// Those of one tenant, so that none keeps all others out.
    package static let tenantEventListeners = 500

    /// Callers that wait for the ends of jobs at once …
    package static let jobWaiters = 256
    /// … and those of one tenant.
    package static let tenantJobWaiters = 128
    /// Anchors and products without a vector are counted up to this number in the answers of searches.
    package static let countedPending = 1_000

    /// Bytes that a program may write to its standard output, unless its call says otherwise …
    package static let programOutputBytes = 16 << 20
    /// … and that are kept of the end of its standard error.
    package static let programMessageBytes = 16 << 10
    /// A program that is to end gets SIGKILL after this, with its process group: one that is stopped, or that does not
    /// listen, must not keep a cancelled job for longer than a second.
    package static let programGrace: Duration = .milliseconds(500)
    /// How long a program may take to say what it is.
    package static let programVersion: Duration = .seconds(10)

    // MARK: Worker

    /// How long a start waits for workers of an earlier server, which it has killed, to be gone.
    package static let earlierWorkers: Duration = .seconds(20)
    /// How often it looks meanwhile.
    package static let earlierWorkersPoll: Duration = .milliseconds(2)
    /// A worker that has not answered once this long after its start is killed and replaced. Before its first answer it
    /// reads its model folders, whose check sums may have to be made.
    package static let workerFirstAnswer: Duration = .seconds(120)
    /// Bytes of a worker's metrics, and how long it may take to give them.
    package static let metricsPageBytes = 1 << 20
    package static let metricsTime: Duration = .seconds(1)
    /// How often the front looks for jobs that were there when a worker crashed …
    package static let suspectInterval: Duration = .milliseconds(500)
    /// … and how long their process waits for more of them.
    package static let suspectLinger: Duration = .seconds(3)
    /// How often a call looks whether the worker that it waits for is there.
    package static let groupPoll: Duration = .milliseconds(20)
    /// Models of a group may be sent out of memory for others when they were not used for this long: the calls that
    /// they were loaded for have arrived by then.
    package static let groupGrace: Duration = .seconds(1)
    /// What a worker takes without any model.
    package static let workerBaseBytes = 64 << 20

    /// Heaps that the threads of a worker share.
    package static let workerHeaps: Int32 = 2
    /// A worker that has answered and then says nothing for this long is killed and replaced; see also
    /// `workerFirstAnswer`.
    package static let workerSilence: Duration = .seconds(15)

    /// A worker's niceness: when both want the processor, the doors get three times as much of it …
    package static let workerNiceness: Int32 = 5
    /// … and need not wait for the end of its turn.
    package static let workerSlice: Duration = .milliseconds(100)

    /// Pauses before a worker that ends repeatedly is started again.
    package static let restartBackoff = Backoff(first: .milliseconds(50), longest: .seconds(30))
    /// Pauses of a call whose worker is being started or replaced.
    package static let workerBackoff = Backoff(first: .milliseconds(20), longest: .milliseconds(250))
    /// A worker that runs this long is healthy: the delay starts again from the first.
    package static let healthyWorker: Duration = .seconds(30)
}

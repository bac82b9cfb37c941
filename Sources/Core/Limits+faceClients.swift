extension Limits {
    // MARK: Clients and users with faces

    /// Unicode scalars of the name of a client, of an external user id, and of what a consent names.
    package static let faceWord = 200
    /// Clients of one tenant.
    package static let faceClients = 10_000
    /// Templates of a user by one model.
    package static let templatesOfUser = 16
    /// Pictures that were said not to show a user.
    package static let negativesOfUser = 64
    /// Templates whose mean a verification takes, at most.
    package static let bestTemplates = 8
    /// Candidates that an identification names.
    package static let identifyCandidates = 100
    /// What a template counts in a tenant's bytes, with its row.
    package static let templateBytes = 4 << 10
    /// How much more similar the best person must be than the second one.
    package static let identifyMargin = 0.05
    /// How much a threshold rises for a tenth of the errors where too little was measured to know it …
    package static let thresholdPerDecade = 0.05
    /// … and where it stops rising.
    package static let highestFaceThreshold = 0.95

    // MARK: Pictures that were seen before

    /// Faces of pictures that are kept in memory …
    package static let facesInMemory = 4_096
    /// … for so long, …
    package static let facesInMemoryAge: Duration = .seconds(300)
    /// … and in rows, sealed, for so long …
    package static let facesInRowsAge: Duration = .seconds(3_600)
    /// … and so many of a client.
    package static let facesInRows = 10_000

    // MARK: Failed verifications

    /// Failures in a row before a pause …
    package static let freeFailures = 5
    /// … which is this long, and twice as long each time that another one fails …
    package static let failurePause = Backoff(first: .seconds(30), longest: .seconds(3_600))
    /// … until no verification is allowed before an administrator says so.
    package static let stoppedFailures = 50
    /// Failures that have stopped no user are forgotten after this.
    package static let failureHistory: Duration = .seconds(24 * 3_600)
    /// Verifications of one user at once.
    package static let verificationsAtOnce = 5

    // MARK: Enrolment sessions

    /// A session ends this long after it was made.
    package static let sessionLife: Duration = .seconds(180)
    /// Frames that one session looks at …
    package static let sessionFrames = 120
    /// … how far they are apart at least: ten a second …
    package static let framePause: Duration = .milliseconds(100)
    /// … and frames that it may be sent, those included that it does not look at.
    package static let receivedFrames = 20_000
    /// Bytes of a frame.
    package static let frameBytes = 2 << 20
    /// How long a frame may take to be read.
    package static let frameDeadline: Duration = .seconds(5)
    /// Good frames that a template is made of, at least and at most.
    package static let fewestTemplateFrames = 3
    package static let mostTemplateFrames = 8
    /// Poses of a challenge.
    package static let challengePoses = 3
    /// Sessions that are open at once, of all tenants and of one.
    package static let openSessions = 2_000
    package static let openSessionsOfTenant = 500
    /// Sessions of one user that have not ended.
    package static let sessionsOfUser = 5
    /// Sessions that have ended are shown for so long, …
    package static let sessionHistory: Duration = .seconds(30 * 24 * 3_600)
    /// … and their frames' hashes, which must not come again, are kept for so long.
    package static let frameHistory: Duration = .seconds(30 * 24 * 3_600)

    // MARK: Old photos

    /// How long the job of one old photo may take: all strategies.
    package static let photoJob: Duration = .seconds(120)
    /// How long the job of all old photos of a client may take.
    package static let photosJob: Duration = .seconds(24 * 3_600)
    /// A photo that waits longer than this has lost its job.
    package static let photoGrace: Duration = .seconds(60)

    // MARK: Albums

    package static let albumsOfClient = 10_000
    package static let photosOfAlbum = 20_000
    /// Faces of an album that are sorted into people.
    package static let clusteredFaces = 5_000
    /// People that are merged at once.
    package static let mergedClusters = 100
    /// Photos of one answer of a search in an album.
    package static let albumMatches = 1_000
}

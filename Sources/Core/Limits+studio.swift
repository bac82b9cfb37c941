extension Limits {
    // MARK: Generation

    /// Unicode scalars of a prompt, and of what a caller wants to be avoided.
    package static let promptLength = 4_000
    /// Sampling steps.
    package static let samplingSteps = 150
    /// How strongly a sampler follows the prompt.
    package static let guidance = 30.0
    /// Outputs that one call asks for.
    package static let outputsAtOnce = 4
    /// Times that an output is made until it is similar enough.
    package static let outputTries = 4
    /// Pictures that one recipe refers to.
    package static let recipeReferences = 7
    /// Bytes of the pictures that one recipe refers to: they are in memory together.
    package static let recipeReferenceBytes = 96 << 20
    /// Bytes of one output.
    package static let outputBytes = 1 << 30
    /// Bytes of an output that is read into memory, to be compared or made smaller.
    package static let comparedBytes = 64 << 20
    /// When work at another server begins to be stopped after its job has ended; a running attempt does that itself …
    package static let remoteStopDelay: Duration = .seconds(1)
    /// … how often it is tried: the pauses between add up to some minutes …
    package static let remoteStopAttempts = 10
    /// … and of how many jobs at once.
    package static let remoteStops = 4
    /// Unicode scalars of a key that makes a call idempotent.
    package static let idempotencyKey = 200

    /// Pixels of the longer side of a thumbnail …
    package static let thumbnailSide = 512
    /// … and of a picture that shows how far an output is …
    package static let previewSide = 320
    /// … its bytes …
    package static let previewBytes = 48 << 10
    /// … how often one is sent …
    package static let previewInterval: Duration = .milliseconds(500)
    /// … and how many of one job are kept.
    package static let previewsOfJob = 24

    /// Bytes of a project's zip file that is taken in: the format's own bound …
    package static let projectFileBytes = Int(UInt32.max)
    /// … its entries …
    package static let projectZipEntries = 65_534
    /// … bytes of a recipe in it …
    package static let projectRecipeBytes = 256 << 10
    /// … and of a small picture.
    package static let projectThumbnailBytes = 4 << 20
    /// Zip files of one tenant that wait or are read.
    package static let projectImports = 4
    /// Things that could not be used and are named with their reasons.
    package static let projectImportProblems = 20

    /// Entries of a project's archive.
    package static let archiveEntries = 50_000
    /// Bytes of a text file in a project's archive: a sidecar, or its list.
    package static let archiveTextBytes = 4 << 20
    /// Bytes of the recipes of a project's archive: they are in memory together while it is sent.
    package static let archiveHeldBytes = 64 << 20
    /// Outputs whose rows one step of an import or of a new index writes.
    package static let archiveRows = 64
}

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

    /// Entries of a project's archive.
    package static let archiveEntries = 50_000
    /// Bytes of a text file in a project's archive: a sidecar, or its list.
    package static let archiveTextBytes = 4 << 20
    /// Bytes of the recipes of a project's archive: they are in memory together while it is sent.
    package static let archiveHeldBytes = 64 << 20
    /// Outputs whose rows one step of an import or of a new index writes.
    package static let archiveRows = 64
}

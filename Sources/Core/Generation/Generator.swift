package import HearthJSON

package import struct Foundation.Data

/// Makes pictures or videos from recipes, in a worker.
///
/// A generator is chosen by a request or by a setting, and never replaced by another one: what is missing is an error
/// that names the remedy.
package protocol Generator: Sendable {
    var description: GeneratorDescription { get }

    /// Makes what a recipe says. The same recipe and references make the same bytes where
    /// ``GeneratorDescription/isReproducible`` says so.
    ///
    /// It stops within a second of the cancellation of its task, and then leaves no process, no remote work and, apart
    /// from what lies in its folder, no file.
    /// - Throws: `CancellationError`; ``HearthError`` or a job's failure when it cannot.
    func generate(_ work: GenerationWork) async throws -> GeneratedFile

    /// Ends what attempts have left at another server, once their job has ended and no attempt is there to do it. A
    /// generator that works in this process alone has nothing to do.
    /// - Parameter works: ``GenerationWork/workID``s; what is not there any more is no error.
    /// - Throws: a job's failure when a server does not answer: there it may still run.
    func stop(_ works: [String]) async throws
}

extension Generator {
    /// Nothing is left anywhere.
    package func stop(_ works: [String]) async throws {}
}

/// What can be known about a generator without running it; front and workers have the same.
package struct GeneratorDescription: Sendable {
    /// As requests name it: `storyboard`.
    package var id: String
    /// One line for people.
    package var summary: String
    package var kinds: Set<OutputKind>
    /// What must be there before it can run, as data of its jobs.
    package var needs: Set<JobNeed>
    /// Pixels of one side.
    package var sides: ClosedRange<Int>
    /// Width and height are multiples of this.
    package var sideStep: Int
    /// Length of a video; nil when it makes none.
    package var seconds: ClosedRange<Double>?
    /// Whether the same recipe makes the same bytes.
    package var isReproducible: Bool
    /// How long one output may take.
    package var timeout: Duration
    /// Where its jobs wait: the capacity says how many run at once.
    package var lane: Lane
    /// Whether it changes a picture, or begins a video with one.
    package var changesPictures: Bool

    /// What a generator is and can do, as lists show it.
    package init(
        id: String, summary: String, kinds: Set<OutputKind>, needs: Set<JobNeed>, sides: ClosedRange<Int>,
        sideStep: Int, seconds: ClosedRange<Double>? = nil, isReproducible: Bool, timeout: Duration,
        lane: Lane = .render, changesPictures: Bool = false
    ) {
        self.lane = lane
        self.changesPictures = changesPictures
        self.id = id
        self.summary = summary
        self.kinds = kinds
        self.needs = needs
        self.sides = sides
        self.sideStep = sideStep
        self.seconds = seconds
        self.isReproducible = isReproducible
        self.timeout = timeout
    }
}

/// One output to be made.
package struct GenerationWork: Sendable {
    package var recipe: Recipe
    /// The bytes of ``Recipe/references``, in the same order.
    package var references: [Data]
    /// An empty folder of its own, removed after the output was taken from it.
    package var folder: String
    /// The same for each attempt of a job, and no other job's: what another server knows the work by. A lowercase UUID.
    package var workID: String
    /// Whose work it is: workflows are a tenant's own.
    package var tenant: Tenant
    /// Whether the caller wants pictures of the output while it is being made.
    package var wantsPreviews: Bool
    /// Cheap to call often.
    package var progress: @Sendable (GenerationProgress) -> Void

    /// One attempt at a recipe, for a generator.
    package init(
        recipe: Recipe, references: [Data], folder: String, workID: String, tenant: Tenant = .local,
        wantsPreviews: Bool = false,
        progress: @escaping @Sendable (GenerationProgress) -> Void
    ) {
        self.recipe = recipe
        self.references = references
        self.folder = folder
        self.workID = workID
        self.tenant = tenant
        self.wantsPreviews = wantsPreviews
        self.progress = progress
    }
}

/// How far an output is.
package struct GenerationProgress: Sendable {
    /// What a generator is doing.
    package enum Stage: String, Sendable, CaseIterable {
        case queued
        case loadingModel = "loading_model"
        case encoding, sampling, composing, decoding, saving
    }

    /// What is being done now.
    package var stage: Stage
    /// 0…1 over all stages.
    package var overall: Double
    /// 0…1 of the stage.
    package var current: Double?
    /// Of the stage, from 1; nil where a stage has no steps.
    package var step: Int?
    /// How many there are.
    package var steps: Int?
    /// A sentence for people.
    package var message: String?
    /// A JPEG or PNG of the output as it is now.
    package var preview: Data?

    /// How far a generator is.
    package init(
        stage: Stage, overall: Double, current: Double? = nil, step: Int? = nil, steps: Int? = nil,
        message: String? = nil, preview: Data? = nil
    ) {
        self.stage = stage
        self.overall = overall
        self.current = current
        self.step = step
        self.steps = steps
        self.message = message
        self.preview = preview
    }
}

/// A finished file in the folder of its work.
package struct GeneratedFile: Sendable {
    /// Absolute, below ``GenerationWork/folder``.
    package var path: String
    /// Extension without the dot, as files and content types go by: `png`, `mp4`.
    package var format: String
    package var width: Int
    package var height: Int
    /// Length of a video.
    package var seconds: Double?
    package var reference: AppliedReference
    /// What else the generator wants to keep with the output: checkpoints, the other server's version, its graph.
    package var details: JSONObject
    /// A picture (JPEG or PNG) below the folder that stands for a video, such as its clearest frame; nil: the output
    /// is a picture itself, or has none.
    package var still: String?

    /// A file that a generator has made.
    package init(
        path: String, format: String, width: Int, height: Int, seconds: Double? = nil, reference: AppliedReference,
        details: JSONObject = [:], still: String? = nil
    ) {
        self.still = still
        self.path = path
        self.format = format
        self.width = width
        self.height = height
        self.seconds = seconds
        self.reference = reference
        self.details = details
    }
}

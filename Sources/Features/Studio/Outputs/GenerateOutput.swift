import HearthCore
import HearthJSON
import HearthJobs

/// Input of `studio.outputs.generate`.
struct GenerateOutput: Sendable, Codable, SchemaDescribed {
    var prompt: String
    var projectID: String?
    var project: String?
    var characterID: String?
    var character: String?
    var stylePreset: String?
    var kind: OutputKind?
    var generator: String?
    var workflow: String?
    var width: Int?
    var height: Int?
    var aspect: OutputAspect?
    var seconds: Double?
    var seed: Int64?
    var steps: Int?
    var sampler: String?
    var scheduler: String?
    var cfg: Double?
    var negativePrompt: String?
    var referenceWeight: Double?
    var pictures: [PictureUse]?
    var n: Int?
    var minimumSimilarity: Double?
    var maximumTries: Int?
    var preview: Bool?
    var idempotencyKey: String?
    var wait: Bool?

    static let fields: [String: FieldNote] = [
        "prompt": FieldNote(
            "What is to be seen; `@handle` names a character of the project.", minLength: 1,
            maxLength: Limits.promptLength,
            example: "Mira walks through the rain, looks up and smiles"),
        "project_id": FieldNote("Identifier of a project."),
        "project": FieldNote(
            "Identifier or name of a project, instead of `project_id`. The character's when absent, or `default`.",
            minLength: 1, schema: ["format": "name"]),
        "character_id": FieldNote("Identifier of the character that is to be seen."),
        "character": FieldNote(
            "Name of a character of the project, instead of `character_id`.", minLength: 1, schema: ["format": "name"]),
        "style_preset": FieldNote("Identifier of a style; the project's when absent.", minLength: 1, maxLength: 64),
        "kind": FieldNote("`image` when absent."),
        "generator": FieldNote(
            "Which generator makes it; the one of the settings when absent.", minLength: 1, maxLength: 64),
        "workflow": FieldNote("Which workflow a generator that has some runs.", minLength: 1, maxLength: 64),
        "width": FieldNote("Pixels; with `height`, instead of `aspect`.", minimum: 16, maximum: 8_192),
        "height": FieldNote("Pixels.", minimum: 16, maximum: 8_192),
        "aspect": FieldNote("`16:9` when neither this nor a size is given."),
        "seconds": FieldNote("Length of a video; 4 when absent.", minimum: 0, maximum: 3_600),
        "seed": FieldNote(
            "The same seed makes the same output, where the generator can. At random, and reported, when absent.",
            minimum: 0, maximum: Double(largestSeed)),
        "steps": FieldNote(
            "Sampling steps; the style's when absent.", minimum: 1, maximum: Double(Limits.samplingSteps)),
        "sampler": FieldNote("The style's when absent.", minLength: 1, maxLength: 64),
        "scheduler": FieldNote("The style's when absent.", minLength: 1, maxLength: 64),
        "cfg": FieldNote(
            "How strongly the prompt counts; the style's when absent.", minimum: 0, maximum: Limits.guidance),
        "negative_prompt": FieldNote("What is to be avoided.", maxLength: Limits.promptLength),
        "reference_weight": FieldNote(
            "How much the character's pictures count; 0.8 when absent. The answer says what became of it.", minimum: 0,
            maximum: 1),
        "pictures": FieldNote(
            "Pictures that came before by `studio.pictures.add`: what is changed, its mask, or what it shall be like.",
            minLength: 1, maxLength: Limits.recipeReferences),
        "n": FieldNote(
            "How many; each is a job of its own. 1 when absent.", minimum: 1, maximum: Double(Limits.outputsAtOnce)),
        "minimum_similarity": FieldNote(
            "Try again, with other seeds, until an output is so similar to the character's picture.", minimum: -1,
            maximum: 1),
        "maximum_tries": FieldNote(
            "How often at most, with `minimum_similarity`; 3 when absent.", minimum: 1,
            maximum: Double(Limits.outputTries)),
        "preview": FieldNote("Whether progress events carry small pictures of the output while it is made."),
        "idempotency_key": FieldNote(
            "The same call again with the same key answers the outputs of the first one; another call with it is "
                + "refused (422 `idempotency_key_reused`).", minLength: 1,
            maxLength: Limits.idempotencyKey),
        "wait": JobWaiter.field,
    ]

    /// What is asked for, whichever door it came by: two calls with one key must have the same. How the caller waits is
    /// no part of it.
    /// - Parameter kind: what is made, also where the call has not said it.
    func digest(kind: OutputKind) throws -> String {
        var asked = self
        (asked.kind, asked.n) = (kind, n ?? 1)
        (asked.idempotencyKey, asked.wait, asked.preview) = (nil, nil, nil)
        return Digest256(of: try JSONValueEncoder.encode(asked).encoded()).hex
    }

    /// Whole numbers up to this are the same in every client's JSON.
    static let largestSeed: Int64 = 9_007_199_254_740_991
}

/// Relations of width to height by name.
enum OutputAspect: String, Sendable, Codable, CaseIterable {
    case wide = "16:9"
    case tall = "9:16"
    case square = "1:1"

    /// The size when no other is asked for.
    var size: PixelSize {
        switch self {
        case .wide: PixelSize(width: 1_280, height: 720)
        case .tall: PixelSize(width: 720, height: 1_280)
        case .square: PixelSize(width: 1_024, height: 1_024)
        }
    }
}

/// Output of `studio.outputs.generate`: what will be made, and where to watch it.
struct GeneratingOutput: Sendable, Codable, SchemaDescribed {
    var jobID: String
    var outputID: String
    var projectID: String
    var characterID: String?
    var status: JobState
    var recipe: Recipe
    var websocketURL: String
    /// The other ones of the same call.
    var others: [Other]
    /// False when a call with the same key has asked for them already.
    var isNew: Bool
    /// Why the job has failed, when it has.
    var failure: String?
    /// The output when the caller has waited for it.
    var output: Output?

    /// Another output of the same call.
    struct Other: Sendable, Codable, SchemaDescribed {
        var jobID: String
        var outputID: String
        var seed: Int64
        var websocketURL: String

        static let fields: [String: FieldNote] = [
            "websocket_url": FieldNote("Live progress of the job, relative to the server.")
        ]
    }

    static let fields: [String: FieldNote] = [
        "job_id": FieldNote("The job that makes it."),
        "status": FieldNote("State of that job."),
        "recipe": FieldNote("All that it is made from."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
        "others": FieldNote("The other outputs of the same call, with `n`."),
        "is_new": FieldNote("False when a call with the same `idempotency_key` has asked for it already."),
        "failure": FieldNote("Why its job has failed, when it has. Only with `wait`."),
        "output": FieldNote("The output as it is when its job has ended. Only with `wait`."),
    ]

    /// - Parameter outputs: At least one.
    init(_ outputs: [Output], isNew: Bool) {
        let first = outputs[0]
        jobID = first.jobID
        outputID = first.outputID
        projectID = first.projectID
        characterID = first.characterID
        status = first.status
        recipe = first.recipe
        websocketURL = JobTicket.webSocketPath(of: first.jobID)
        others = outputs.dropFirst().map { output in
            Other(
                jobID: output.jobID, outputID: output.outputID, seed: output.recipe.seed,
                websocketURL: JobTicket.webSocketPath(of: output.jobID))
        }
        self.isNew = isNew
    }
}

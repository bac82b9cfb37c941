package import HearthJSON

/// All that a picture or a video is made from: the same recipe and the same generator make the same output.
///
/// It is complete when its job is enqueued (the seed is chosen then), is kept with the output, and does not change: a
/// retry makes the same again.
package struct Recipe: Sendable, Codable, SchemaDescribed {
    /// Identifier of the generator, as in ``GeneratorDescription/id``.
    package var generator: String
    /// A picture or a video.
    package var kind: OutputKind
    /// As the caller wrote it, `@handle`s included.
    package var prompt: String
    /// The prompt with the names of characters in place of their handles; nil: it mentions none.
    package var plainPrompt: String?
    /// What the caller wants to be avoided; nil: nothing was said.
    package var negativePrompt: String?
    /// Identifier of the style preset.
    package var stylePreset: String
    /// The prompt as the generator takes it: the preset's template around the caller's words.
    package var positive: String
    /// What the generator is told to avoid: the preset's and the caller's words.
    package var negative: String
    /// Pixels.
    package var width: Int
    /// Pixels.
    package var height: Int
    /// Length of a video; nil for a picture.
    package var seconds: Double?
    /// Frames of a video's second; nil for a picture.
    package var framesPerSecond: Int?
    /// Where the random numbers of the generator begin.
    package var seed: Int64
    /// Sampling steps.
    package var steps: Int
    /// Name of the sampler, as ComfyUI writes it: `dpmpp_2m`.
    package var sampler: String
    /// Name of the noise schedule: `karras`.
    package var scheduler: String
    /// How strongly the prompt counts (`cfg`).
    package var guidance: Double
    /// 0…1: how much the references count. What it does depends on the generator (``AppliedReference``).
    package var referenceWeight: Double
    /// Pictures that the output shall be like; the first is the main one.
    package var references: [RecipeReference]
    /// Identifier of the workflow that the generator runs; nil where it has none or chooses itself.
    package var workflow: String?
    /// Where the output belongs; nil where that is not known.
    package var shot: ShotNote?

    /// What the description says of the fields.
    package static let fields: [String: FieldNote] = [
        "kind": FieldNote("`image` or `video`."),
        "prompt": FieldNote("As the caller wrote it."),
        "plain_prompt": FieldNote("With names in place of handles; absent when it has none."),
        "positive": FieldNote("The prompt inside the template of the style preset."),
        "negative": FieldNote("What the generator is told to avoid."),
        "width": FieldNote("Pixels."), "height": FieldNote("Pixels."),
        "seconds": FieldNote("Length of a video."),
        "frames_per_second": FieldNote("Of a video."),
        "seed": FieldNote("Chosen at random when the caller gave none; the same seed makes the same output."),
        "reference_weight": FieldNote("0 to 1: how much the references count."),
        "references": FieldNote("Pictures that the output shall be like; the first is the main one."),
    ]

    /// A recipe of these parts; nothing is checked.
    package init(
        generator: String, kind: OutputKind, prompt: String, plainPrompt: String? = nil, negativePrompt: String? = nil,
        stylePreset: String, positive: String, negative: String, width: Int, height: Int, seconds: Double? = nil,
        framesPerSecond: Int? = nil, seed: Int64, steps: Int, sampler: String, scheduler: String, guidance: Double,
        referenceWeight: Double, references: [RecipeReference], workflow: String? = nil, shot: ShotNote? = nil
    ) {
        self.generator = generator
        self.kind = kind
        self.prompt = prompt
        self.plainPrompt = plainPrompt
        self.negativePrompt = negativePrompt
        self.stylePreset = stylePreset
        self.positive = positive
        self.negative = negative
        self.width = width
        self.height = height
        self.seconds = seconds
        self.framesPerSecond = framesPerSecond
        self.seed = seed
        self.steps = steps
        self.sampler = sampler
        self.scheduler = scheduler
        self.guidance = guidance
        self.referenceWeight = referenceWeight
        self.references = references
        self.workflow = workflow
        self.shot = shot
    }
}

extension Recipe {
    /// The prompt for people to read, with names in place of handles.
    package var words: String { plainPrompt ?? prompt }
}

/// What a generator makes.
package enum OutputKind: String, Sendable, Codable, CaseIterable {
    case image, video
}

/// A picture that a recipe refers to, by what does not change when it is moved or renamed.
package struct RecipeReference: Sendable, Codable, SchemaDescribed {
    /// What a picture is for.
    package enum Purpose: String, Sendable, Codable, CaseIterable {
        /// What a character looks like.
        case character
        /// The picture that is changed (`edits`), or the first frame of a video.
        case start
        /// White where the start picture may be changed.
        case mask
    }

    /// What the picture is for.
    package var purpose: Purpose
    /// SHA-256 of the bytes, hexadecimal.
    package var sha256: String
    /// The anchor that it is; nil for a picture that came with the request.
    package var anchorID: String?
    /// The character that the anchor shows; nil for a picture that came with the request.
    package var characterID: String?
    /// Name of that character when the recipe was made.
    package var characterName: String?
    /// The anchor's role.
    package var role: String?

    /// What the description says of the fields.
    package static let fields: [String: FieldNote] = [
        "sha256": FieldNote("Of the picture's bytes."),
        "anchor_id": FieldNote("The anchor that it is; absent for a picture that came with the request."),
    ]

    /// A reference by the hash of its bytes.
    package init(
        purpose: Purpose, sha256: String, anchorID: String? = nil, characterID: String? = nil,
        characterName: String? = nil, role: String? = nil
    ) {
        self.purpose = purpose
        self.sha256 = sha256
        self.anchorID = anchorID
        self.characterID = characterID
        self.characterName = characterName
        self.role = role
    }
}

/// What was made of the wish to be like the references; reported with each output.
package struct AppliedReference: Sendable, Codable, SchemaDescribed {
    /// ``Recipe/referenceWeight``.
    package var requestedWeight: Double
    /// `layout_share`, `ip_adapter`, `denoise`, `start_frame`, or `none` for a recipe without references.
    package var mechanism: String
    /// The number that the mechanism ran with: share of the frame, weight, denoise; nil where there is no number.
    package var effective: Double?

    /// What the description says of the fields.
    package static let fields: [String: FieldNote] = [
        "requested_weight": FieldNote("`reference_weight` of the request."),
        "mechanism": FieldNote("How the references were used; `none` when there were none."),
        "effective": FieldNote("The number that the mechanism ran with; absent where it has none."),
    ]

    /// What a generator has done with the references of a recipe.
    package init(requestedWeight: Double, mechanism: String, effective: Double?) {
        self.requestedWeight = requestedWeight
        self.mechanism = mechanism
        self.effective = effective
    }
}

package import HearthCore
package import HearthJSON

/// A style: what is put around a prompt, and how a sampler runs.
package struct StylePreset: Sendable, Codable, Equatable, SchemaDescribed {
    /// As requests name it: `cyberpunk`.
    package var id: String
    /// For people.
    package var name: String
    /// The prompt that is made of the caller's words, which take the place of `{prompt}`; it stands there once.
    package var positive: String
    /// What is to be avoided; may be empty.
    package var negative: String
    package var steps: Int
    package var sampler: String
    package var scheduler: String
    package var cfg: Double
    /// Whether it came with the program: such presets are everyone's, and do not change.
    package var isBuiltIn: Bool
    /// Colours and motif of backgrounds that are drawn without a model; nil: those of a studio in grey.
    package var grade: Grade?

    package typealias Grade = BoardGrade

    /// Where the caller's words go.
    package static let slot = "{prompt}"

    package static let fields = StylePresetFields.notes.merging([
        "id": FieldNote("What `style_preset` and a project's `style` name it by."),
        "is_built_in": FieldNote("Whether it came with the program; such presets cannot be changed."),
    ]) { _, own in own }

    package init(
        id: String, name: String, positive: String, negative: String = "", steps: Int = Default.steps,
        sampler: String = Default.sampler, scheduler: String = Default.scheduler, cfg: Double = Default.cfg,
        isBuiltIn: Bool = false, grade: Grade? = nil
    ) {
        self.id = id
        self.name = name
        self.positive = positive
        self.negative = negative
        self.steps = steps
        self.sampler = sampler
        self.scheduler = scheduler
        self.cfg = cfg
        self.isBuiltIn = isBuiltIn
        self.grade = grade
    }

    /// What holds where a preset says nothing.
    package enum Default {
        package static let steps = 15
        package static let sampler = "dpmpp_2m"
        package static let scheduler = "karras"
        package static let cfg = 7.0
    }

    /// The template around a caller's words, which are taken as they are: a `{prompt}` among them stays.
    package func positive(prompt: String) -> String {
        positive.replacing(Self.slot, with: prompt, maxReplacements: 1)
    }
}

/// What the fields of presets mean, wherever one is given or shown.
enum StylePresetFields {
    static let notes = [
        "name": FieldNote("What people call it.", minLength: 1, maxLength: Limits.presetWord, example: "Ink wash"),
        "positive": FieldNote(
            "The prompt that is made; it has `{prompt}` once, where the caller's words go.",
            minLength: StylePreset.slot.count, maxLength: Limits.presetText,
            example: "ink wash painting of {prompt}, soft paper texture"),
        "negative": FieldNote("What is to be avoided.", maxLength: Limits.presetText),
        "steps": FieldNote(
            "Steps of the sampler; \(StylePreset.Default.steps) when absent.", minimum: 1,
            maximum: Double(Limits.presetSteps)),
        "sampler": word("Sampler, as generators name it; `\(StylePreset.Default.sampler)` when absent."),
        "scheduler": word("Scheduler of the sampler; `\(StylePreset.Default.scheduler)` when absent."),
        "cfg": FieldNote(
            "How strongly the sampler follows the prompt; \(Int(StylePreset.Default.cfg)) when absent.", minimum: 0,
            maximum: Limits.presetGuidance),
        "grade": FieldNote("Colours and textures of pictures that are drawn without a model."),
    ]

    private static func word(_ description: String) -> FieldNote {
        FieldNote(
            description, minLength: 1, maxLength: Limits.presetWord, schema: ["pattern": "^[A-Za-z0-9_+.-]+$"])
    }
}

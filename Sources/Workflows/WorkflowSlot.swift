/// A place of a workflow into which a recipe is written.
package enum WorkflowSlot: String, Sendable, CaseIterable {
    /// The prompt inside the template of the style preset.
    case prompt
    /// What to avoid.
    case negative
    case width, height, seed, steps, sampler, scheduler, guidance
    /// How much of the start picture is changed, 0 to 1.
    case denoise
    /// How much the reference counts, 0 to 1.
    case referenceWeight = "reference_weight"
    /// A picture of the character, by its name at the server.
    case reference
    /// The picture that is changed, or the first frame of a video, by its name at the server.
    case start
    /// White where the start picture may be changed, by its name at the server.
    case mask
    /// Which channel of the mask says what may be changed: `alpha` where that is transparent, `red` where it is white.
    case maskChannel = "mask_channel"
    /// Frames of a video.
    case frames
    /// A workflow without this slot keeps its own rate, which is that of its model.
    case framesPerSecond = "frames_per_second"
    /// How the names of the files begin that the server keeps.
    case prefix

    /// Whether a picture is loaded up for it.
    package var isPicture: Bool { [.reference, .start, .mask].contains(self) }

    /// One line for people.
    package var summary: String {
        switch self {
        case .prompt: "The prompt, inside the template of the style preset."
        case .negative: "What the picture shall not show."
        case .width: "Width in pixels."
        case .height: "Height in pixels."
        case .seed: "The seed."
        case .steps: "Steps of the sampler."
        case .sampler: "Name of the sampler."
        case .scheduler: "Name of the scheduler."
        case .guidance: "How closely the prompt is followed (cfg)."
        case .denoise: "How much of the start picture is changed: 0.95 - 0.5 x reference_weight."
        case .referenceWeight: "How much the reference picture counts: reference_weight."
        case .reference: "A picture of the character."
        case .start: "The picture that is changed, or the first frame."
        case .maskChannel: "alpha for a mask with transparency, red for one without."
        case .mask: "White or transparent where the start picture may be changed."
        case .frames: "Number of frames."
        case .framesPerSecond: "Frames of a second."
        case .prefix: "How the names of the server's files begin."
        }
    }
}

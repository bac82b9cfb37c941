import HearthCore
import HearthJSON

/// What a call asks for, checked as far as it can be without rows.
struct GenerationPlan: Sendable {
    let input: GenerateOutput
    let kind: OutputKind
    let generator: GeneratorDescription
    let prompt: String
    let negativePrompt: String?
    let size: PixelSize
    let seconds: Double?
    let tries: Int

    /// Frames of a video's second.
    private static let framesPerSecond = 24
    private static let defaultSeconds = 4.0
    private static let defaultTries = 3

    /// - Parameters:
    ///   - generators: What there is.
    ///   - defaults: Which of them makes what, when a call does not say.
    /// - Throws: ``HearthError`` `invalid_request`, `unprocessable_content`, `invalid_configuration`.
    init(
        _ input: GenerateOutput, kind: OutputKind? = nil, generators: [GeneratorDescription],
        defaults: [OutputKind: String]
    ) throws {
        self.input = input
        self.kind = kind ?? input.kind ?? .image
        generator = try Self.generator(input.generator, for: self.kind, among: generators, defaults: defaults)
        try Self.check(input.pictures ?? [], generator, among: generators)
        prompt = try Self.text(input.prompt, field: "prompt", mayBeEmpty: false)
        negativePrompt = try input.negativePrompt.map { try Self.text($0, field: "negative_prompt", mayBeEmpty: true) }
        size = try Self.size(input, generator)
        seconds = try Self.seconds(input, self.kind, generator)
        guard input.maximumTries == nil || input.minimumSimilarity != nil else {
            throw HearthError(
                .invalidRequest, "`maximum_tries` has no meaning without `minimum_similarity`.",
                hint: "Say from which similarity on an output is good enough.")
        }
        tries = input.minimumSimilarity == nil ? 1 : input.maximumTries ?? Self.defaultTries
    }

    private static func generator(
        _ id: String?, for kind: OutputKind, among generators: [GeneratorDescription], defaults: [OutputKind: String]
    ) throws(HearthError) -> GeneratorDescription {
        let able = generators.filter { $0.kinds.contains(kind) }.map(\.id).sorted().joined(separator: ", ")
        let hint = able.isEmpty ? "No generator makes \(kind.rawValue)s." : "Of \(kind.rawValue)s there are: \(able)."
        guard let id = id ?? defaults[kind] else {
            throw HearthError(.invalidRequest, "No generator is set for \(kind.rawValue)s.", hint: hint)
        }
        guard let generator = generators.first(where: { $0.id == id }) else {
            throw HearthError(.invalidRequest, "There is no generator `\(id)` on this server.", hint: hint)
        }
        guard generator.kinds.contains(kind) else {
            throw HearthError(.unprocessable, "The generator `\(id)` makes no \(kind.rawValue)s.", hint: hint)
        }
        return generator
    }

    /// A picture that shall be changed is not shown beside something else instead.
    private static func check(
        _ pictures: [PictureUse], _ generator: GeneratorDescription, among generators: [GeneratorDescription]
    ) throws(HearthError) {
        guard !generator.changesPictures, pictures.contains(where: { $0.purpose != .character }) else { return }
        let able = generators.filter(\.changesPictures).map(\.id).joined(separator: ", ")
        throw HearthError(
            .unprocessable, "The generator `\(generator.id)` changes no pictures.",
            hint: able.isEmpty ? "`comfyui` does, once a server of it is set up." : "These do: \(able).")
    }

    /// A text without what cannot be seen or set: control characters, apart from the ends of lines.
    static func text(_ text: String, field: String, mayBeEmpty: Bool) throws(HearthError) -> String {
        let isForbidden = text.unicodeScalars.contains { scalar in
            scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t" && scalar != "\r"
        }
        guard !isForbidden else {
            throw HearthError(
                .invalidRequest, "`\(field)` has control characters.",
                hint: "Send text; line breaks and tabs are allowed.")
        }
        let isBlank = text.unicodeScalars.allSatisfy {
            $0.properties.isWhitespace || $0.properties.generalCategory == .format
        }
        guard mayBeEmpty || !isBlank else {
            throw HearthError(.invalidRequest, "`\(field)` is empty.", hint: "Say what is to be seen.")
        }
        return text
    }

    private static func size(
        _ input: GenerateOutput, _ generator: GeneratorDescription
    ) throws(HearthError) -> PixelSize {
        guard input.aspect == nil || (input.width == nil && input.height == nil) else {
            throw HearthError(.invalidRequest, "`aspect` and a size are given.", hint: "Give one of them.")
        }
        let sides = generator.sides
        let allowed = "Both from \(sides.lowerBound) to \(sides.upperBound) pixels, in steps of \(generator.sideStep)."
        guard let width = input.width, let height = input.height else {
            guard input.width == nil, input.height == nil else {
                throw HearthError(.invalidRequest, "One of `width` and `height` is missing.", hint: allowed)
            }
            return fitted((input.aspect ?? .wide).size, generator)
        }
        let isAllowed = [width, height].allSatisfy { sides.contains($0) && $0.isMultiple(of: generator.sideStep) }
        guard isAllowed else {
            throw HearthError(
                .invalidRequest, "The generator `\(generator.id)` makes nothing of \(width) × \(height) pixels.",
                hint: allowed)
        }
        return PixelSize(width: width, height: height)
    }

    /// The usual size as near as a generator can make it.
    private static func fitted(_ size: PixelSize, _ generator: GeneratorDescription) -> PixelSize {
        let sides = generator.sides
        let scale = min(1, Double(sides.upperBound) / Double(max(size.width, size.height)))
        func side(_ length: Int) -> Int {
            let steps = Int(Double(length) * scale) / generator.sideStep
            return min(max(steps * generator.sideStep, sides.lowerBound), sides.upperBound)
        }
        return PixelSize(width: side(size.width), height: side(size.height))
    }

    private static func seconds(
        _ input: GenerateOutput, _ kind: OutputKind, _ generator: GeneratorDescription
    ) throws(HearthError) -> Double? {
        guard kind == .video else {
            guard input.seconds == nil else {
                throw HearthError(
                    .invalidRequest, "A picture has no `seconds`.", hint: "Ask for `kind` \"video\", or leave it out.")
            }
            return nil
        }
        let allowed = generator.seconds ?? 1...60
        let seconds = input.seconds ?? min(max(defaultSeconds, allowed.lowerBound), allowed.upperBound)
        guard allowed.contains(seconds) else {
            throw HearthError(
                .invalidRequest, "The generator `\(generator.id)` makes no video of \(seconds) seconds.",
                hint: "From \(allowed.lowerBound) to \(allowed.upperBound) seconds.")
        }
        return seconds
    }

    /// The recipe of one of its outputs.
    /// - Parameters:
    ///   - words: The prompt with names in place of handles.
    ///   - place: From 0: the seeds follow each other.
    func recipe(
        _ preset: StylePreset, words: String, references: [RecipeReference], shot: ShotNote, seed: Int64, place: Int
    ) -> Recipe {
        let avoided = [preset.negative, negativePrompt ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
        return Recipe(
            generator: generator.id, kind: kind, prompt: prompt, plainPrompt: words == prompt ? nil : words,
            negativePrompt: negativePrompt, stylePreset: preset.id, positive: preset.positive(prompt: words),
            negative: avoided, width: size.width, height: size.height,
            seconds: seconds, framesPerSecond: kind == .video ? Self.framesPerSecond : nil,
            seed: Self.seed(seed, place), steps: input.steps ?? preset.steps, sampler: input.sampler ?? preset.sampler,
            scheduler: input.scheduler ?? preset.scheduler, guidance: input.cfg ?? preset.cfg,
            referenceWeight: input.referenceWeight ?? 0.8, references: references, workflow: input.workflow, shot: shot)
    }

    /// The seed of a later output or try, within what every client's JSON can say.
    static func seed(_ seed: Int64, _ place: Int) -> Int64 {
        (seed + Int64(place)) % (GenerateOutput.largestSeed + 1)
    }
}

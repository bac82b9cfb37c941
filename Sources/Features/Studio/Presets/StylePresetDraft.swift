import HearthCore
import HearthJSON

/// Input of `studio.presets.create`.
struct CreatePreset: Sendable, Codable, SchemaDescribed {
    var id: String?
    var name: String
    var positive: String
    var negative: String?
    var steps: Int?
    var sampler: String?
    var scheduler: String?
    var cfg: Double?
    var grade: StylePreset.Grade?

    static let fields = StylePresetFields.notes.merging([
        "id": FieldNote(
            "What it is called by: small letters, digits, `_` and `-`; made from the name when absent.", minLength: 1,
            maxLength: Limits.presetWord, example: "ink_wash")
    ]) { _, own in own }
}

/// Input of `studio.presets.update`.
struct UpdatePreset: Sendable, Codable, SchemaDescribed {
    var preset: String
    var name: String?
    var positive: String?
    var negative: String?
    var steps: Int?
    var sampler: String?
    var scheduler: String?
    var cfg: Double?
    var grade: StylePreset.Grade?

    static let fields = StylePresetFields.notes.merging(["preset": presetField]) { _, own in own }
}

/// A preset by its identifier.
struct PresetReference: Sendable, Codable, SchemaDescribed {
    var preset: String

    static let fields = ["preset": presetField]
}

let presetField = FieldNote(
    "Identifier of a style preset.", minLength: 1, maxLength: Limits.presetWord, example: "cyberpunk")

extension StylePreset {
    /// A user's preset as it was asked for.
    /// - Throws: ``HearthError`` `invalid_request`; `conflict` for a name that a built-in one has.
    init(_ input: CreatePreset) throws {
        let name = try Self.checked(name: input.name)
        try self.init(
            id: Self.checked(id: input.id ?? Handle.derived(from: name.text, longest: Limits.presetWord)),
            name: name.text, positive: input.positive, negative: input.negative ?? "",
            steps: input.steps ?? Default.steps, sampler: input.sampler ?? Default.sampler,
            scheduler: input.scheduler ?? Default.scheduler, cfg: input.cfg ?? Default.cfg, grade: input.grade)
        try check()
    }

    /// The same with other values.
    /// - Throws: as ``init(_:)``.
    func changed(_ input: UpdatePreset) throws -> StylePreset {
        var preset = self
        if let name = input.name { preset.name = try Self.checked(name: name).text }
        if let positive = input.positive { preset.positive = positive }
        if let negative = input.negative { preset.negative = negative }
        if let steps = input.steps { preset.steps = steps }
        if let sampler = input.sampler { preset.sampler = sampler }
        if let scheduler = input.scheduler { preset.scheduler = scheduler }
        if let cfg = input.cfg { preset.cfg = cfg }
        if let grade = input.grade { preset.grade = grade }
        try preset.check()
        return preset
    }

    private static func checked(name: String) throws -> StudioName {
        let name = try StudioName(name, field: "name")
        let taken = try builtIn.contains { try StudioName($0.name, field: "name").key == name.key }
        if taken { throw reserved(name.text) }
        return name
    }

    private static func checked(id: String) throws(HearthError) -> String {
        let isPlain = id.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x5F, 0x2D].contains(byte)
        }
        guard isPlain, !id.isEmpty else {
            throw HearthError(
                .invalidRequest, "`id` has a character that is not allowed.",
                hint: "Small letters, digits, `_` and `-`.")
        }
        // `studio-ghibli` must not pass for `studio_ghibli`.
        guard builtIn(id.replacing("-", with: "_")) == nil else { throw reserved(id) }
        return id
    }

    private static func reserved(_ name: String) -> HearthError {
        HearthError(
            .conflict, "`\(name)` is a preset that came with the program.",
            hint: "Built-in presets do not change; give yours another name.")
    }

    private func check() throws(HearthError) {
        let slots = positive.ranges(of: Self.slot).count
        guard slots == 1 else {
            throw HearthError(
                .invalidRequest, "`positive` has `\(Self.slot)` \(slots == 0 ? "nowhere" : "\(slots) times").",
                hint: "Write it once, where the caller's words go: `ink wash painting of {prompt}, soft paper`.")
        }
        try PlainText.check(positive, field: "positive")
        try PlainText.check(negative, field: "negative")
        for (field, word) in [("sampler", sampler), ("scheduler", scheduler)] {
            let isPlain = word.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789_+.-".unicodeScalars.contains(scalar))
            }
            guard isPlain else {
                throw HearthError(
                    .invalidRequest, "`\(field)` has a character that is not allowed.",
                    hint: "Letters, digits, `_`, `+`, `.` and `-`.")
            }
        }
        if let grade { try Self.check(grade) }
    }

    private static func check(_ grade: Grade) throws(HearthError) {
        for (field, colour) in [("top", grade.top), ("bottom", grade.bottom), ("accent", grade.accent)] {
            let digits = colour.utf8.dropFirst()
            let isColour =
                colour.utf8.first == UInt8(ascii: "#") && digits.count == 6
                && digits.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
                }
            guard isColour else {
                throw HearthError(
                    .invalidRequest, "`grade.\(field)` is no colour.", hint: "Write it as `#rrggbb`: `#1b1f3b`.")
            }
        }
        for (field, share) in [("grain", grade.grain), ("line", grade.line)] where !(0...1).contains(share) {
            throw HearthError(.invalidRequest, "`grade.\(field)` must be between 0 and 1.")
        }
    }
}

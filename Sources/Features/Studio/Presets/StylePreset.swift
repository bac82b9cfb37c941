package import HearthCore
package import HearthJSON

/// How outputs of a style are asked for: words around the prompt, settings of the sampler, colours of drawn pictures.
package struct StylePreset: Sendable, Codable, SchemaDescribed {
    package var id: String
    package var name: String
    /// The caller's words stand where it says `{prompt}`.
    package var positive: String
    package var negative: String
    package var steps: Int
    package var sampler: String
    package var scheduler: String
    package var cfg: Double
    package var isBuiltIn: Bool
    /// Colours of drawn backgrounds; nil: a studio in grey.
    package var grade: Grade?

    package typealias Grade = BoardGrade

    package static let fields = [
        "positive": FieldNote("Words for the generator; `{prompt}` stands for the caller's."),
        "negative": FieldNote("What the generator is told to avoid."),
        "grade": FieldNote("Colours of drawn backgrounds."),
    ]

    /// The prompt as the generator takes it.
    package func positive(prompt: String) -> String {
        positive.contains("{prompt}") ? positive.replacing("{prompt}", with: prompt) : prompt
    }

    private init(_ id: String, _ name: String, _ positive: String, _ negative: String, cfg: Double, _ grade: Grade) {
        self.id = id
        self.name = name
        self.positive = positive
        self.negative = negative
        steps = 15
        sampler = "dpmpp_2m"
        scheduler = "karras"
        self.cfg = cfg
        isBuiltIn = true
        self.grade = grade
    }

    private static let flaws = "blurry, low quality, watermark, text, deformed hands, extra fingers"

    /// Those that come with Hearth, in the order in which they are listed.
    package static let builtIn = [
        StylePreset(
            "cyberpunk", "Cyberpunk",
            "cyberpunk scene, {prompt}, neon lights, rain-slick streets, holographic signs, volumetric haze, cinematic",
            "daylight, rural, \(flaws)", cfg: 7.5,
            Grade(top: "#0d0a2c", bottom: "#c2378f", accent: "#2ce6f5", grain: 0.35, line: 0.6, motif: .city)),
        StylePreset(
            "fantasy", "Fantasy",
            "epic fantasy illustration, {prompt}, castles and mist, golden light, painterly, detailed, majestic",
            "modern buildings, cars, \(flaws)", cfg: 7.5,
            Grade(top: "#1f2a5c", bottom: "#d9a9c4", accent: "#ffd98a", grain: 0.2, line: 0.4, motif: .peaks)),
        StylePreset(
            "steampunk", "Steampunk",
            "steampunk scene, {prompt}, brass and copper machines, gears, steam, Victorian, warm gaslight, detailed",
            "neon, plastic, modern electronics, \(flaws)", cfg: 7.5,
            Grade(top: "#2e1c12", bottom: "#c98f55", accent: "#f2b04e", grain: 0.45, line: 0.5, motif: .works)),
        StylePreset(
            "studio_ghibli", "Studio Ghibli",
            "hand-painted anime film still, {prompt}, lush countryside, soft summer light, big clouds, watercolour",
            "photorealistic, 3d render, harsh shadows, \(flaws)", cfg: 7,
            Grade(top: "#3f95d8", bottom: "#d8f0fa", accent: "#ffe28a", grain: 0.1, line: 0.3, motif: .hills)),
        StylePreset(
            "manga", "Manga", "black and white manga panel, {prompt}, clean ink lines, screentone, dynamic composition",
            "colour, photo, gradient shading, \(flaws)", cfg: 8,
            Grade(top: "#141414", bottom: "#fbfaf6", accent: "#ffffff", grain: 0, line: 0.8, motif: .ink)),
        StylePreset("none", "No style", "{prompt}", flaws, cfg: 7, .plain),
    ]
}

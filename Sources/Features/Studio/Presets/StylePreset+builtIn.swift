import HearthCore

/// The styles that came with the program.
extension StylePreset {
    /// Of those who name none.
    package static let defaultID = "none"

    /// In the order in which lists show them.
    package static let builtIn: [StylePreset] = [none, cyberpunk, fantasy, steampunk, studioGhibli, manga]

    /// The preset of a name that came with the program; nil when there is none.
    package static func builtIn(_ id: String) -> StylePreset? { builtIn.first { $0.id == id } }

    /// The caller's words alone, over a studio in grey.
    package static let none = StylePreset(
        id: defaultID, name: "No style", positive: "{prompt}", negative: flaws, isBuiltIn: true, grade: .plain)

    /// What is to be avoided in any style.
    private static let flaws = "low quality, blurry, watermark, text, deformed hands"

    private static let cyberpunk = StylePreset(
        id: "cyberpunk", name: "Cyberpunk",
        positive: "cyberpunk anime, {prompt}, neon lights, rain-slick streets, night city, holographic signs, "
            + "high contrast, cinematic lighting, detailed",
        negative: "daylight, pastoral, medieval, \(flaws)", cfg: 7.5, isBuiltIn: true,
        grade: Grade(top: "#0d0a2c", bottom: "#c2378f", accent: "#2ce6f5", grain: 0.35, line: 0.6, motif: .city))

    private static let fantasy = StylePreset(
        id: "fantasy", name: "Fantasy",
        positive: "epic fantasy anime, {prompt}, enchanted landscape, golden light, magical atmosphere, "
            + "intricate costume, painterly, detailed",
        negative: "modern city, cars, neon, \(flaws)", isBuiltIn: true,
        grade: Grade(top: "#1f2a5c", bottom: "#d9a9c4", accent: "#ffd98a", grain: 0.2, line: 0.4, motif: .peaks))

    private static let steampunk = StylePreset(
        id: "steampunk", name: "Steampunk",
        positive: "steampunk anime, {prompt}, brass machinery, gears and pipes, Victorian clothing, warm gaslight, "
            + "steam, sepia tones, detailed",
        negative: "neon, plastic, modern electronics, \(flaws)", cfg: 7.5,
        isBuiltIn: true,
        grade: Grade(top: "#2e1c12", bottom: "#c98f55", accent: "#f2b04e", grain: 0.45, line: 0.5, motif: .works))

    private static let studioGhibli = StylePreset(
        id: "studio_ghibli", name: "Studio Ghibli",
        positive: "hand-painted anime film in the style of Studio Ghibli, {prompt}, watercolour background, soft "
            + "daylight, lush nature, gentle colours, warm mood",
        negative: "photorealistic, harsh shadows, dark, gore, \(flaws)", isBuiltIn: true,
        grade: Grade(top: "#3f95d8", bottom: "#d8f0fa", accent: "#ffe28a", grain: 0.1, line: 0.3, motif: .hills))

    private static let manga = StylePreset(
        id: "manga", name: "Manga",
        positive: "black and white manga page, {prompt}, ink lines, screentone shading, dynamic composition, "
            + "expressive faces",
        negative: "colour, photorealistic, 3d render, \(flaws)", cfg: 8, isBuiltIn: true,
        grade: Grade(top: "#141414", bottom: "#fbfaf6", accent: "#ffffff", grain: 0, line: 0.8, motif: .ink))
}

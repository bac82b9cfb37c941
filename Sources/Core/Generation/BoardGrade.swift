package import HearthJSON

/// Colours and motif of the backgrounds that generators without weights draw; data of a style preset.
package struct BoardGrade: Sendable, Codable, Equatable, SchemaDescribed {
    /// What a background shows.
    package enum Motif: String, Sendable, Codable, CaseIterable {
        case city, peaks, works, hills, ink, studio
    }

    /// `#rrggbb`: the upper end of the background …
    package var top: String
    /// … its lower end …
    package var bottom: String
    /// … and its lights.
    package var accent: String
    /// 0…1: how coarse the grain of the picture is.
    package var grain: Double
    /// 0…1: how strong lines are drawn.
    package var line: Double
    package var motif: Motif

    package static let fields: [String: FieldNote] = [
        "top": FieldNote("Colour of the upper end of backgrounds, `#rrggbb`."),
        "bottom": FieldNote("Colour of the lower end of backgrounds, `#rrggbb`."),
        "accent": FieldNote("Colour of lights, `#rrggbb`."),
        "grain": FieldNote("0 to 1: how coarse the grain is."),
        "line": FieldNote("0 to 1: how strong lines are drawn."),
        "motif": FieldNote("What backgrounds show."),
    ]

    package init(top: String, bottom: String, accent: String, grain: Double, line: Double, motif: Motif) {
        self.top = top
        self.bottom = bottom
        self.accent = accent
        self.grain = grain
        self.line = line
        self.motif = motif
    }

    /// A studio in neutral grey.
    package static let plain = BoardGrade(
        top: "#5d6470", bottom: "#b9bdc4", accent: "#ffffff", grain: 0.25, line: 0.3, motif: .studio)
}

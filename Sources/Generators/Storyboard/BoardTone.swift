import HearthCore

/// The colours of a slate, drawn from those of its background; texts stay readable on it.
struct BoardTone: Equatable {
    let paper: RGBColour
    let ink: RGBColour
    let muted: RGBColour
    let accent: RGBColour

    init(_ grade: BoardGrade) {
        let top = RGBColour(hex: grade.top) ?? .black
        let bottom = RGBColour(hex: grade.bottom) ?? .white
        let light = RGBColour(hex: grade.accent) ?? .white
        if grade.motif == .ink {
            (paper, ink) = (bottom, Self.readable(top, on: bottom))
        } else {
            (paper, ink) = (top.mixed(with: RGBColour(12, 12, 16), 0.8), RGBColour(244, 244, 246))
        }
        muted = ink.mixed(with: paper, 0.4)
        // Ink on paper has one colour.
        accent = grade.motif == .ink ? ink : Self.readable(light, on: paper)
    }

    /// A colour as far towards black or white as it takes to be told from the paper.
    private static func readable(_ colour: RGBColour, on paper: RGBColour) -> RGBColour {
        let end: RGBColour = paper.luminance > 0.5 ? .black : .white
        var share = 0.0
        while share < 1, abs(colour.mixed(with: end, share).luminance - paper.luminance) < 0.4 { share += 0.1 }
        return colour.mixed(with: end, min(share, 1))
    }
}

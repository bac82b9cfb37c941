import HearthCore

/// A photographer's studio: a seamless paper in two tones, a pool of light, thirds as thin lines.
extension Backdrop {
    mutating func drawStudio() {
        let paper = drawing.vertical([
            .init(at: 0, colour: top), .init(at: height * 0.6 / drawing.height, colour: top.mixed(with: bottom, 0.5)),
            .init(at: height * 0.74 / drawing.height, colour: bottom),
            .init(at: height / drawing.height, colour: bottom.darker(0.14)), .init(at: 1, colour: bottom.darker(0.2)),
        ])
        drawing.fill(paper)
        let (x, y) = (width * random.number(0.4...0.6), height * 0.4)
        glow(x: x, y: y, radius: 760 * unit, accent, opacity: 0.62)
        beam(isLeft: true)
        beam(isLeft: false)
        let pool = drawing.radial(
            x: x, y: height * 0.9, radius: 620 * unit,
            [.init(at: 0, colour: accent, opacity: 0.5), .init(at: 1, colour: accent, opacity: 0)])
        drawing.ellipse(x, height * 0.9, 520 * unit, 66 * unit, pool, .init(blur: 26 * unit))
        thirds()
        vignette(top.darker(0.5), opacity: 0.5)
    }

    /// A soft box above, and the light that falls from it.
    private mutating func beam(isLeft: Bool) {
        let x = width * (isLeft ? 0.16 : 0.84)
        let inward = (isLeft ? 1.0 : -1.0) * unit
        var light = SVGDrawing.Path()
        light.polygon([
            (x - 70 * inward, -10), (x + 110 * inward, -10), (x + 560 * inward, height * 0.95),
            (x + 60 * inward, height * 0.95),
        ])
        let fade = drawing.vertical([
            .init(at: 0, colour: accent, opacity: 0.34), .init(at: 0.8, colour: accent, opacity: 0.02),
            .init(at: 1, colour: accent, opacity: 0),
        ])
        drawing.path(light, fade, .init(blur: 22 * unit))
    }

    private mutating func thirds() {
        var lines = SVGDrawing.Path()
        for share in [1.0 / 3, 2.0 / 3] {
            lines.move(width * share, 0)
            lines.line(width * share, height)
            lines.move(0, height * share)
            lines.line(width, height * share)
        }
        drawing.path(lines, .none, .init(opacity: 0.1 + 0.25 * line, stroke: .white, strokeWidth: 1.2 * unit))
    }
}

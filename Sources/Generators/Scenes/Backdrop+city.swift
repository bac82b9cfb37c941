import HearthCore

/// A city at night: three rows of towers, lit windows, signs of light, a wet street that mirrors them.
extension Backdrop {
    mutating func drawCity() {
        let horizon = height * 0.74
        let warm = bottom.mixed(with: RGBColour(255, 190, 120), 0.35)
        sky(until: 0.76)
        let sunX = width * random.number(0.34...0.66)
        disc(x: sunX, y: horizon - 330 * unit, radius: 215 * unit, warm)
        glow(x: sunX, y: horizon - 260 * unit, radius: 780 * unit, bottom, opacity: 0.55)
        towers(from: horizon, tall: 520, wide: 58...112, top.mixed(with: bottom, 0.52), lights: 0.12, glow: 0.32)
        haze(y: horizon - 110 * unit, thickness: 360 * unit, bottom, opacity: 0.42)
        towers(from: horizon, tall: 430, wide: 74...138, top.mixed(with: bottom, 0.26), lights: 0.26, glow: 0.6)
        haze(y: horizon - 20 * unit, thickness: 240 * unit, bottom, opacity: 0.4)
        street(from: horizon, lightX: sunX)
        nearTowers(from: horizon)
        rain()
        vignette(top.darker(0.7), opacity: 0.62)
    }

    /// A sun that is cut by bars, thinner towards its upper end.
    private mutating func disc(x: Double, y: Double, radius: Double, _ warm: RGBColour) {
        glow(x: x, y: y, radius: radius * 2.1, warm, opacity: 0.5)
        var bands = SVGDrawing.Path()
        var edge = -1.0
        while edge < 1 {
            let bar = edge < 0 ? 0 : 0.026 + edge * 0.055
            let next = edge < 0 ? 0 : min(edge + 0.115, 1)
            // The part of the circle between two heights.
            let (upper, lower) = (edge * radius, (next - bar) * radius)
            let (left, right) = (
                (radius * radius - upper * upper).squareRoot(),
                (radius * radius - lower * lower)
                    .squareRoot()
            )
            if edge < 0 {
                bands.move(x - radius, y)
                bands.arc(radius, x + radius, y)
                bands.close()
            } else {
                bands.polygon([
                    (x - left, y + upper), (x + left, y + upper), (x + right, y + lower), (x - right, y + lower),
                ])
            }
            edge = next
        }
        let fill = drawing.vertical([
            .init(at: 0, colour: warm.lighter(0.45)), .init(at: 0.55, colour: warm), .init(at: 1, colour: bottom),
        ])
        drawing.path(bands, fill, .init(opacity: 0.92))
    }

    /// A row of towers that stand side by side.
    private mutating func towers(
        from base: Double, tall: Double, wide: ClosedRange<Double>, _ colour: RGBColour, lights: Double, glow: Double
    ) {
        var (walls, windows, others) = (SVGDrawing.Path(), SVGDrawing.Path(), SVGDrawing.Path())
        var x = -30 * unit
        while x < width {
            let across = random.number(wide) * unit
            let up = tall * unit * random.number(0.34...1)
            walls.rectangle(x, base - up, across, up + 4 * unit)
            switch random.whole(0...3) {
            case 0: walls.rectangle(x + across * 0.46, base - up - 70 * unit, 3 * unit, 74 * unit)
            case 1: walls.rectangle(x + across * 0.2, base - up - 26 * unit, across * 0.6, 28 * unit)
            case 2:
                walls.polygon([
                    (x, base - up + 1), (x + across, base - up - 34 * unit), (x + across, base - up + 1),
                ])
            default: break
            }
            var y = base - up + 14 * unit
            while y < base - 20 * unit {
                var column = x + 9 * unit
                while column < x + across - 13 * unit {
                    if random.happens(lights) {
                        if random.happens(0.7) {
                            windows.rectangle(column, y, 6 * unit, 8 * unit)
                        } else {
                            others.rectangle(column, y, 6 * unit, 8 * unit)
                        }
                    }
                    column += 13 * unit
                }
                y += 17 * unit
            }
            x += across + random.number(-4...10) * unit
        }
        let face = drawing.vertical([.init(at: 0, colour: colour.darker(0.22)), .init(at: 1, colour: colour)])
        drawing.path(walls, face)
        drawing.path(windows, .colour(accent.lighter(0.35)), .init(opacity: glow))
        drawing.path(others, .colour(RGBColour(255, 196, 120)), .init(opacity: glow))
    }

    /// Two dark towers at the sides, with signs.
    private mutating func nearTowers(from horizon: Double) {
        let dark = top.darker(0.62)
        for isLeft in [true, false] {
            let across = width * random.number(0.10...0.135)
            let x = isLeft ? -4 : width - across + 4
            let roof = height * random.number(0.04...0.16)
            let face = drawing.vertical([
                .init(at: 0, colour: dark), .init(at: 1, colour: dark.mixed(with: bottom, 0.14)),
            ])
            drawing.rectangle(x, roof, across, drawing.height - roof, face)
            drawing.rectangle(isLeft ? x + across : x - 14 * unit, roof + 60 * unit, 14 * unit, 900 * unit, face)
            ledges(x: x, across: across, from: roof)
            let edge = isLeft ? x + across + 10 * unit : x - 44 * unit
            sign(x: edge, y: roof + random.number(110...170) * unit, isWarm: isLeft)
            sign(x: edge, y: roof + random.number(400...450) * unit, isWarm: !isLeft)
        }
    }

    private mutating func ledges(x: Double, across: Double, from roof: Double) {
        var (lines, lit) = (SVGDrawing.Path(), SVGDrawing.Path())
        var y = roof + 40 * unit
        while y < height {
            lines.rectangle(x, y, across, 2.4 * unit)
            for column in 0..<4 where random.happens(0.34) {
                lit.rectangle(
                    x + across * (0.13 + 0.2 * Double(column)), y + 12 * unit, across * 0.11, 22 * unit)
            }
            y += 48 * unit
        }
        drawing.path(lines, .colour(accent), .init(opacity: 0.1 + 0.1 * line))
        drawing.path(lit, .colour(accent.mixed(with: RGBColour(255, 214, 150), 0.5)), .init(opacity: 0.5))
    }

    /// An upright sign with marks that are no letters.
    private mutating func sign(x: Double, y: Double, isWarm: Bool) {
        let colour = isWarm ? bottom.mixed(with: RGBColour(255, 90, 170), 0.5) : accent
        let (across, down) = (34 * unit, 178 * unit)
        drawing.rectangle(x, y, across, down, .colour(colour), radius: 6 * unit, .init(opacity: 0.75, blur: 22 * unit))
        drawing.rectangle(x, y, across, down, .colour(top.darker(0.55)), radius: 6 * unit)
        drawing.rectangle(
            x, y, across, down, .none, radius: 6 * unit, .init(stroke: colour.lighter(0.25), strokeWidth: 3 * unit))
        var marks = SVGDrawing.Path()
        for row in 0..<5 {
            let place = y + (14 + Double(row) * 32) * unit
            marks.rectangle(x + 9 * unit, place, 16 * unit, 3.2 * unit)
            if random.happens(0.7) { marks.rectangle(x + 15.4 * unit, place, 3.2 * unit, 20 * unit) }
            if random.happens(0.6) { marks.rectangle(x + 9 * unit, place + 10 * unit, 16 * unit, 3.2 * unit) }
            if random.happens(0.5) { marks.rectangle(x + 9 * unit, place + 18 * unit, 16 * unit, 3.2 * unit) }
        }
        drawing.path(marks, .colour(colour.lighter(0.6)))
    }

    /// The street with lines that meet at the horizon, and the light of the sky on it.
    private mutating func street(from horizon: Double, lightX: Double) {
        let ground = drawing.vertical([
            .init(at: 0, colour: top.mixed(with: bottom, 0.46)), .init(at: 0.28, colour: top.mixed(with: bottom, 0.14)),
            .init(at: 1, colour: top.darker(0.55)),
        ])
        drawing.rectangle(0, horizon, width, drawing.height - horizon, ground)
        var lines = SVGDrawing.Path()
        for index in -14...14 {
            lines.move(lightX + Double(index) * 26 * unit, horizon)
            lines.line(lightX + Double(index) * 240 * unit, horizon + 420 * unit)
        }
        var y = 9.0
        while y < 420 {
            lines.move(0, horizon + y * unit)
            lines.line(width, horizon + y * unit)
            y *= 1.55
        }
        drawing.path(lines, .none, .init(opacity: 0.16 + 0.2 * line, stroke: accent, strokeWidth: 1.6 * unit))
        for colour in [accent, bottom.lighter(0.2)] {
            var mirrored = SVGDrawing.Path()
            for _ in 0..<8 {
                mirrored.rectangle(
                    width * random.number(0.02...0.98), horizon + random.number(6...40) * unit,
                    random.number(14...46) * unit, random.number(90...300) * unit)
            }
            drawing.path(mirrored, .colour(colour), .init(opacity: 0.2, blur: 14 * unit))
        }
        drawing.rectangle(0, horizon - 1.5 * unit, width, 3 * unit, .colour(bottom.lighter(0.5)), .init(opacity: 0.55))
    }

    private mutating func rain() {
        var drops = SVGDrawing.Path()
        for _ in 0..<150 {
            let (x, y, length) = (
                random.number(0...width), random.number(0...height), random.number(14...44) * unit
            )
            drops.move(x, y)
            drops.line(x - length * 0.22, y + length)
        }
        drawing.path(drops, .none, .init(opacity: 0.22, stroke: accent.lighter(0.7), strokeWidth: 1.1 * unit))
    }
}

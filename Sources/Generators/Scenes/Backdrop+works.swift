import Foundation
import HearthCore

/// A town of steam: wheels behind smoke, an airship, chimneys, pipes and a gauge at the sides.
extension Backdrop {
    mutating func drawWorks() {
        sky(until: 0.9, middle: top.mixed(with: bottom, 0.62))
        let lightX = width * random.number(0.4...0.6)
        glow(x: lightX, y: height * 0.46, radius: 760 * unit, accent, opacity: 0.55)
        let far = top.mixed(with: bottom, 0.6)
        wheel(x: width * 0.2, y: height * 0.38, radius: 260 * unit, teeth: 22, far, opacity: 0.62)
        wheel(x: width * 0.2 + 372 * unit, y: height * 0.19, radius: 132 * unit, teeth: 12, far, opacity: 0.5)
        wheel(x: width * 0.86, y: height * 0.48, radius: 215 * unit, teeth: 18, far, opacity: 0.56)
        airship(x: width * random.number(0.52...0.68), y: height * 0.2, size: 150 * unit)
        factories(y: height * 0.83, tall: 300, top.mixed(with: bottom, 0.44), smoke: 0.5)
        haze(y: height * 0.72, thickness: 330 * unit, bottom.lighter(0.1), opacity: 0.5)
        factories(y: height * 0.95, tall: 250, top.mixed(with: bottom, 0.16), smoke: 0.34)
        haze(y: height * 0.9, thickness: 200 * unit, bottom, opacity: 0.34)
        bridge(y: height * 0.955)
        pipes(isLeft: true)
        pipes(isLeft: false)
        sparks()
        vignette(top.darker(0.72), opacity: 0.66)
    }

    private mutating func wheel(
        x: Double, y: Double, radius: Double, teeth: Int, _ colour: RGBColour, opacity: Double
    ) {
        var rim = SVGDrawing.Path()
        var points: [(x: Double, y: Double)] = []
        let turn = random.number(0...0.4)
        for tooth in 0..<teeth {
            for (share, reach) in [(0.0, 0.9), (0.16, 1.0), (0.44, 1.0), (0.6, 0.9)] {
                let angle = turn + (Double(tooth) + share) / Double(teeth) * 2 * Double.pi
                points.append((x + cos(angle) * radius * reach, y + sin(angle) * radius * reach))
            }
        }
        rim.polygon(points)
        drawing.path(rim, .none, .init(opacity: opacity, stroke: colour, strokeWidth: radius * 0.17))
        drawing.ellipse(
            x, y, radius * 0.3, radius * 0.3, .none, .init(opacity: opacity, stroke: colour, strokeWidth: radius * 0.1))
        var spokes = SVGDrawing.Path()
        for spoke in 0..<6 {
            let angle = turn + Double(spoke) / 6 * 2 * Double.pi
            spokes.move(x + cos(angle) * radius * 0.34, y + sin(angle) * radius * 0.34)
            spokes.line(x + cos(angle) * radius * 0.84, y + sin(angle) * radius * 0.84)
        }
        drawing.path(spokes, .none, .init(opacity: opacity, stroke: colour, strokeWidth: radius * 0.085))
    }

    private mutating func airship(x: Double, y: Double, size: Double) {
        let dark = top.mixed(with: bottom, 0.18)
        let hull = drawing.vertical([
            .init(at: 0, colour: accent.lighter(0.35)), .init(at: 0.45, colour: accent.darker(0.35)),
            .init(at: 1, colour: dark),
        ])
        var lines = SVGDrawing.Path()
        for place in [-0.5, 0.0, 0.5] {
            lines.move(x + place * size * 0.8, y + size * 0.3)
            lines.line(x + place * size * 0.42, y + size * 0.53)
        }
        drawing.path(lines, .none, .init(stroke: dark, strokeWidth: 2 * unit))
        drawing.rectangle(x - size * 0.28, y + size * 0.5, size * 0.56, size * 0.13, .colour(dark), radius: size * 0.04)
        var fins = SVGDrawing.Path()
        fins.polygon([
            (x + size * 0.72, y), (x + size * 1.12, y - size * 0.36), (x + size * 1.06, y),
            (x + size * 1.12, y + size * 0.36),
        ])
        drawing.path(fins, .colour(dark))
        drawing.ellipse(x, y, size, size * 0.36, hull)
        for share in [0.32, 0.66] {
            drawing.ellipse(
                x, y, size * share, size * 0.36, .none, .init(opacity: 0.35, stroke: dark, strokeWidth: 2.4 * unit))
        }
        var lights = SVGDrawing.Path()
        for place in 0..<4 {
            lights.rectangle(x + (-0.2 + Double(place) * 0.11) * size, y + size * 0.54, size * 0.05, size * 0.05)
        }
        drawing.path(lights, .colour(accent.lighter(0.6)))
    }

    private mutating func factories(y: Double, tall: Double, _ colour: RGBColour, smoke: Double) {
        var (walls, windows) = (SVGDrawing.Path(), SVGDrawing.Path())
        var puffs: [(x: Double, y: Double)] = []
        var x = -20 * unit
        while x < width {
            let (across, up) = (random.number(80...190) * unit, tall * unit * random.number(0.28...0.66))
            walls.rectangle(x, y - up, across, drawing.height - y + up)
            if random.happens(0.5) {
                // A roof of sheds.
                let sheds = max(1, Int(across / (42 * unit)))
                let part = across / Double(sheds)
                for shed in 0..<sheds {
                    let left = x + Double(shed) * part
                    walls.polygon([(left, y - up + 1), (left, y - up - 26 * unit), (left + part, y - up + 1)])
                }
            } else {
                let (middle, radius) = (x + across / 2, across * 0.3)
                walls.move(middle - radius, y - up + 1)
                walls.arc(radius, middle + radius, y - up + 1)
                walls.close()
            }
            if random.happens(0.62) {
                let chimney = x + across * random.number(0.15...0.75)
                let top = y - up - random.number(90...190) * unit
                walls.polygon([
                    (chimney - 9 * unit, top), (chimney + 9 * unit, top), (chimney + 15 * unit, y - up + 20 * unit),
                    (chimney - 15 * unit, y - up + 20 * unit),
                ])
                walls.rectangle(chimney - 13 * unit, top - 8 * unit, 26 * unit, 11 * unit)
                puffs.append((chimney, top - 20 * unit))
            }
            var row = y - up + 26 * unit
            while row < y - 24 * unit {
                var column = x + 14 * unit
                while column < x + across - 22 * unit {
                    if random.happens(0.32) { windows.rectangle(column, row, 10 * unit, 16 * unit) }
                    column += 24 * unit
                }
                row += 38 * unit
            }
            x += across + random.number(-6...8) * unit
        }
        self.smoke(over: puffs, opacity: smoke)
        drawing.path(walls, .colour(colour))
        drawing.path(windows, .colour(accent.lighter(0.2)), .init(opacity: 0.66))
    }

    /// Smoke over chimneys: one shape for each height, because a blur costs as much for many clouds as for one.
    private mutating func smoke(over chimneys: [(x: Double, y: Double)], opacity: Double) {
        let colour = bottom.lighter(0.42)
        for step in 0..<7 {
            let rise = Double(step)
            var clouds = SVGDrawing.Path()
            for chimney in chimneys {
                let drift = (rise * rise * 2.4 + random.number(-8...8)) * unit
                clouds.circle(chimney.x + drift, chimney.y - rise * 24 * unit, (15 + rise * 7.5) * unit)
            }
            drawing.path(
                clouds, .colour(colour), .init(opacity: opacity * (1 - rise * 0.12), blur: (4 + rise * 2) * unit))
        }
    }

    /// A bridge of iron, on which characters stand.
    private mutating func bridge(y: Double) {
        let dark = top.darker(0.5)
        var trusses = SVGDrawing.Path()
        var x = -40 * unit
        while x < width + 40 * unit {
            trusses.move(x, y + 52 * unit)
            trusses.line(x + 40 * unit, y + 6 * unit)
            trusses.line(x + 80 * unit, y + 52 * unit)
            x += 80 * unit
        }
        drawing.rectangle(0, y + 30 * unit, width, drawing.height - y, .colour(dark.darker(0.2)))
        drawing.path(trusses, .none, .init(stroke: dark, strokeWidth: 7 * unit))
        drawing.rectangle(0, y, width, 12 * unit, .colour(dark))
        drawing.rectangle(0, y, width, 2.4 * unit, .colour(accent), .init(opacity: 0.55))
    }

    private mutating func pipes(isLeft: Bool) {
        var place = 0.0
        for across in [46.0, 26, 34] {
            let x = isLeft ? place * unit : width - (place + across) * unit
            let brass = accent.mixed(with: top, 0.3 + place / 260)
            let shine = drawing.horizontal([
                .init(at: 0, colour: brass.darker(0.72)), .init(at: 0.32, colour: brass.lighter(0.3)),
                .init(at: 0.5, colour: brass), .init(at: 1, colour: brass.darker(0.8)),
            ])
            drawing.rectangle(x, 0, across * unit, drawing.height, shine)
            var y = random.number(20...160) * unit
            while y < height {
                drawing.rectangle(
                    x - 5 * unit, y, (across + 10) * unit, 24 * unit, shine, radius: 4 * unit,
                    .init(stroke: top.darker(0.5), strokeWidth: 1.4 * unit))
                y += random.number(190...330) * unit
            }
            place += across + 7
        }
        let x = isLeft ? 62 * unit : width - 62 * unit
        gauge(x: x, y: height * (isLeft ? 0.3 : 0.62), radius: 58 * unit)
    }

    private mutating func gauge(x: Double, y: Double, radius: Double) {
        let rim = accent.mixed(with: top, 0.35)
        drawing.ellipse(
            x, y + 5 * unit, radius * 1.06, radius * 1.06, .colour(.black), .init(opacity: 0.5, blur: 7 * unit))
        drawing.ellipse(x, y, radius, radius, .colour(rim.darker(0.4)))
        drawing.ellipse(x, y, radius * 0.9, radius * 0.9, .colour(rim.lighter(0.22)))
        drawing.ellipse(x, y, radius * 0.77, radius * 0.77, .colour(RGBColour(244, 232, 205)))
        var marks = SVGDrawing.Path()
        for mark in 0...10 {
            let angle = Double.pi * (0.8 + 1.4 * Double(mark) / 10)
            marks.move(x + cos(angle) * radius * 0.56, y + sin(angle) * radius * 0.56)
            marks.line(x + cos(angle) * radius * 0.69, y + sin(angle) * radius * 0.69)
        }
        let needle = Double.pi * random.number(1.1...2.0)
        marks.move(x, y)
        marks.line(x + cos(needle) * radius * 0.6, y + sin(needle) * radius * 0.6)
        drawing.path(marks, .none, .init(stroke: top.darker(0.4), strokeWidth: 3 * unit))
        drawing.ellipse(x, y, radius * 0.1, radius * 0.1, .colour(top.darker(0.4)))
    }

    private mutating func sparks() {
        for _ in 0..<26 {
            let radius = random.number(1.4...3) * unit
            drawing.ellipse(
                random.number(0...width), height * random.number(0.35...0.95), radius, radius,
                .colour(accent.lighter(0.4)), .init(opacity: random.number(0.4...0.9)))
        }
    }
}

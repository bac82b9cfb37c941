import Foundation
import HearthCore

/// Mountains in the evening: ridges behind each other, a castle on one of them, a wood in front.
extension Backdrop {
    mutating func drawPeaks() {
        sky(until: 0.8)
        stars()
        let moonX = width * (random.happens(0.5) ? random.number(0.2...0.34) : random.number(0.66...0.8))
        moon(x: moonX, y: height * 0.24, radius: 74 * unit)
        glow(x: moonX, y: height * 0.62, radius: 820 * unit, accent, opacity: 0.34)
        let air = bottom.mixed(with: accent, 0.22)
        mountains(y: 0.5, roughness: 150, top.mixed(with: air, 0.74), snow: 0.5)
        haze(y: height * 0.62, thickness: 300 * unit, air, opacity: 0.55)
        mountains(y: 0.61, roughness: 110, top.mixed(with: air, 0.48), snow: 0.16)
        haze(y: height * 0.71, thickness: 210 * unit, air, opacity: 0.5)
        castleHill()
        haze(y: height * 0.83, thickness: 190 * unit, air, opacity: 0.4)
        wood(y: 0.9, tall: 120, top.mixed(with: air, 0.16))
        wood(y: 0.99, tall: 190, top.darker(0.62))
        motes()
        vignette(top.darker(0.6), opacity: 0.5)
    }

    private mutating func stars() {
        for (count, size, opacity) in [(120, 1.3, 0.5), (36, 2.3, 0.85)] {
            var points = SVGDrawing.Path()
            for _ in 0..<count {
                let y = height * 0.5 * pow(random.number(0...1), 1.6)
                points.circle(random.number(0...width), y, size * unit)
            }
            drawing.path(points, .colour(accent.lighter(0.75)), .init(opacity: opacity))
        }
    }

    private mutating func moon(x: Double, y: Double, radius: Double) {
        glow(x: x, y: y, radius: radius * 5.5, accent.lighter(0.3), opacity: 0.55)
        drawing.ellipse(x, y, radius, radius, .colour(accent.lighter(0.72)))
        for (across, down, size) in [(-0.3, -0.2, 0.2), (0.26, 0.22, 0.28), (0.2, -0.42, 0.12), (-0.36, 0.4, 0.14)] {
            drawing.ellipse(
                x + across * radius, y + down * radius, size * radius, size * radius,
                .colour(accent.lighter(0.5)), .init(opacity: 0.55))
        }
    }

    private mutating func mountains(y: Double, roughness: Double, _ colour: RGBColour, snow: Double) {
        let ridge = ridge(y: height * y, roughness: roughness * unit)
        let face = drawing.vertical([
            .init(at: 0, colour: colour.lighter(snow * 0.4)), .init(at: 0.35, colour: colour),
            .init(at: 1, colour: colour.mixed(with: bottom, 0.5)),
        ])
        drawing.path(land(below: ridge), face)
        // The sides that look to the light.
        var lit = SVGDrawing.Path()
        for (left, right) in zip(ridge, ridge.dropFirst()) where right.y < left.y {
            let down = (left.y - right.y) * 3 + 16 * unit
            lit.polygon([left, right, (right.x + 3 * unit, right.y + down), (left.x + 6 * unit, left.y + down * 0.5)])
        }
        drawing.path(lit, .colour(accent.lighter(0.55)), .init(opacity: snow * 0.42))
    }

    private mutating func castleHill() {
        let colour = top.mixed(with: bottom, 0.2).darker(0.18)
        let centre = width * random.number(0.42...0.58)
        var ridge = ridge(y: height * 0.79, roughness: 48 * unit)
        ridge = ridge.map { point in
            let distance = (point.x - centre) / (260 * unit)
            return (point.x, point.y - 120 * unit * exp(-distance * distance))
        }
        drawing.path(land(below: ridge), .colour(colour))
        castle(x: centre, y: Self.height(of: ridge, at: centre) + 26 * unit, colour.darker(0.12))
    }

    private mutating func castle(x: Double, y: Double, _ colour: RGBColour) {
        var (walls, windows) = (SVGDrawing.Path(), SVGDrawing.Path())
        let towers: [(place: Double, across: Double, up: Double)] = [
            (-92, 30, 100), (-52, 36, 168), (-6, 46, 236), (44, 34, 150), (86, 28, 112), (116, 22, 72),
        ]
        walls.rectangle(x - 104 * unit, y - 62 * unit, 226 * unit, 84 * unit)
        for tower in towers {
            let (across, up) = (tower.across * unit, (tower.up + random.number(-14...14)) * unit)
            let left = x + tower.place * unit - across / 2
            walls.rectangle(left, y - up, across, up + 20 * unit)
            walls.rectangle(left - 3 * unit, y - up, across + 6 * unit, 9 * unit)
            walls.polygon([
                (left - 5 * unit, y - up + 1), (left + across / 2, y - up - across * 1.7),
                (left + across + 5 * unit, y - up + 1),
            ])
            for row in 0..<2 where random.happens(0.85) {
                windows.rectangle(
                    left + across / 2 - 3 * unit, y - up + (24 + Double(row) * 36) * unit, 6 * unit, 13 * unit)
            }
        }
        drawing.path(walls, .colour(colour))
        drawing.path(windows, .colour(accent), .init(opacity: 0.9, blur: 5 * unit))
        drawing.path(windows, .colour(accent.lighter(0.45)))
    }

    /// Firs side by side, with a ground that closes below them.
    private mutating func wood(y: Double, tall: Double, _ colour: RGBColour) {
        let ridge = ridge(y: height * y, roughness: 30 * unit, steps: 5)
        var trees = land(below: ridge)
        var x = -20 * unit
        while x < width + 20 * unit {
            let up = tall * unit * random.number(0.5...1.15)
            let foot = Self.height(of: ridge, at: x) + 14 * unit
            for part in 0..<4 {
                let share = Double(part) / 4
                let half = up * (0.075 + 0.062 * Double(part))
                trees.polygon([
                    (x, foot - up * (1 - share * 0.78)), (x + half, foot - up * (0.64 - share * 0.72)),
                    (x - half, foot - up * (0.64 - share * 0.72)),
                ])
            }
            x += tall * unit * random.number(0.2...0.42)
        }
        drawing.path(trees, .colour(colour))
    }

    private mutating func motes() {
        var (halos, cores) = (SVGDrawing.Path(), SVGDrawing.Path())
        for _ in 0..<34 {
            let (x, y) = (random.number(0...width), height * random.number(0.5...0.97))
            let radius = random.number(1.6...4.2) * unit
            halos.circle(x, y, radius * 2.6)
            cores.circle(x, y, radius)
        }
        drawing.path(halos, .colour(accent), .init(opacity: 0.35, blur: 4.6 * unit))
        drawing.path(cores, .colour(accent.lighter(0.5)), .init(opacity: 0.9))
    }
}

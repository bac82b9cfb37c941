import Foundation
import HearthCore

/// A summer day in the country: high clouds, blue hills, a meadow with flowers, a house under a tree.
extension Backdrop {
    mutating func drawHills() {
        sky(until: 0.68)
        let sunX = width * random.number(0.14...0.3)
        glow(x: sunX, y: height * 0.1, radius: 620 * unit, accent, opacity: 0.75)
        cloud(x: width * random.number(0.5...0.62), y: height * 0.5, size: 330 * unit)
        cloud(x: width * random.number(0.9...1.0), y: height * 0.4, size: 240 * unit)
        cloud(x: width * random.number(0.08...0.2), y: height * 0.46, size: 190 * unit)
        strokes()
        let green = RGBColour(96, 158, 84)
        hill(y: 0.6, roughness: 60, top.mixed(with: bottom, 0.4).mixed(with: green, 0.24))
        haze(y: height * 0.66, thickness: 160 * unit, bottom, opacity: 0.6)
        hill(y: 0.68, roughness: 42, green.mixed(with: top, 0.34).mixed(with: bottom, 0.18))
        let meadow = hill(y: 0.77, roughness: 30, green.mixed(with: accent, 0.24))
        house(on: meadow, x: width * (random.happens(0.5) ? 0.24 : 0.8))
        let front = hill(y: 0.88, roughness: 26, green.darker(0.08).mixed(with: accent, 0.1))
        fence(on: front)
        grass(on: front, green)
        vignette(top.darker(0.45), opacity: 0.22)
    }

    /// A heap of round parts that are white above and shaded below.
    private mutating func cloud(x: Double, y: Double, size: Double) {
        var parts: [(x: Double, y: Double, radius: Double)] = []
        for index in 0..<22 {
            let share = Double(index) / 21 * 2 - 1
            let up = (1 - share * share) * random.number(0.15...0.92)
            parts.append(
                (
                    x + share * size, y - up * size * 0.72,
                    size * (0.12 + 0.15 * (1 - abs(share)) * random.number(0.6...1))
                ))
        }
        let shade = top.mixed(with: .white, 0.66)
        var (low, middle, high) = (SVGDrawing.Path(), SVGDrawing.Path(), SVGDrawing.Path())
        for part in parts {
            low.circle(part.x, part.y + part.radius * 0.2, part.radius)
            middle.circle(part.x - part.radius * 0.06, part.y - part.radius * 0.02, part.radius * 0.9)
            high.circle(part.x - part.radius * 0.16, part.y - part.radius * 0.18, part.radius * 0.66)
        }
        low.rectangle(x - size * 0.95, y - size * 0.1, size * 1.9, size * 0.16)
        drawing.path(low, .colour(shade), .init(opacity: 0.9, blur: 3 * unit))
        drawing.path(middle, .colour(RGBColour(246, 250, 255)), .init(blur: 2 * unit))
        drawing.path(high, .colour(.white), .init(blur: 5 * unit))
        // The lower side dissolves in the air.
        drawing.ellipse(
            x, y + size * 0.06, size * 1.02, size * 0.07, .colour(bottom), .init(opacity: 0.8, blur: 12 * unit))
    }

    /// Thin clouds, high up.
    private mutating func strokes() {
        for _ in 0..<6 {
            let (x, y) = (random.number(0...width), height * random.number(0.05...0.24))
            let fade = drawing.horizontal([
                .init(at: 0, colour: .white, opacity: 0), .init(at: 0.5, colour: .white, opacity: 0.55),
                .init(at: 1, colour: .white, opacity: 0),
            ])
            drawing.ellipse(x, y, random.number(80...240) * unit, random.number(3...7) * unit, fade)
        }
    }

    @discardableResult
    private mutating func hill(y: Double, roughness: Double, _ colour: RGBColour) -> [(x: Double, y: Double)] {
        let (first, second) = (random.number(0...6.28), random.number(0...6.28))
        let ridge: [(x: Double, y: Double)] = (0...64).map { step in
            let share = Double(step) / 64
            let wave = sin(share * 4.2 + first) * 0.66 + sin(share * 9.1 + second) * 0.34
            return (share * width, height * y + wave * roughness * unit)
        }
        let face = drawing.vertical([
            .init(at: 0, colour: colour.lighter(0.16)), .init(at: 0.35, colour: colour),
            .init(at: 1, colour: colour.darker(0.2)),
        ])
        drawing.path(land(below: ridge), face)
        return ridge
    }

    private mutating func house(on ridge: [(x: Double, y: Double)], x: Double) {
        let foot = Self.height(of: ridge, at: x) + 10 * unit
        let wall = RGBColour(250, 240, 218)
        drawing.ellipse(
            x + 40 * unit, foot, 120 * unit, 12 * unit, .colour(.black), .init(opacity: 0.2, blur: 8 * unit))
        var crown = SVGDrawing.Path()
        for _ in 0..<13 {
            crown.circle(
                x + (86 + random.number(-54...54)) * unit, foot - (130 + random.number(-52...46)) * unit,
                random.number(24...44) * unit)
        }
        drawing.rectangle(x + 80 * unit, foot - 110 * unit, 13 * unit, 112 * unit, .colour(RGBColour(106, 82, 62)))
        drawing.path(crown, .colour(RGBColour(64, 122, 66)))
        drawing.rectangle(x - 60 * unit, foot - 62 * unit, 104 * unit, 64 * unit, .colour(wall))
        var roof = SVGDrawing.Path()
        roof.polygon([
            (x - 72 * unit, foot - 60 * unit), (x - 8 * unit, foot - 116 * unit), (x + 56 * unit, foot - 60 * unit),
        ])
        drawing.path(roof, .colour(RGBColour(196, 92, 70)))
        var panes = SVGDrawing.Path()
        panes.rectangle(x - 44 * unit, foot - 46 * unit, 20 * unit, 22 * unit)
        panes.rectangle(x + 8 * unit, foot - 46 * unit, 20 * unit, 22 * unit)
        drawing.path(panes, .colour(RGBColour(110, 150, 176)))
        drawing.rectangle(x - 17 * unit, foot - 42 * unit, 18 * unit, 44 * unit, .colour(RGBColour(130, 92, 66)))
    }

    private mutating func fence(on ridge: [(x: Double, y: Double)]) {
        var posts = SVGDrawing.Path()
        let wood = RGBColour(240, 230, 208)
        var rails: [SVGDrawing.Path] = [SVGDrawing.Path(), SVGDrawing.Path()]
        var x = -30 * unit
        while x < width + 60 * unit {
            let foot = Self.height(of: ridge, at: min(max(x, 0), width))
            posts.rectangle(x, foot - 46 * unit, 9 * unit, 58 * unit)
            for rail in 0..<2 {
                let y = foot - (34 - Double(rail) * 20) * unit
                if x < 0 { rails[rail].move(x, y) } else { rails[rail].line(x + 4 * unit, y) }
            }
            x += 66 * unit
        }
        for rail in rails { drawing.path(rail, .none, .init(opacity: 0.85, stroke: wood, strokeWidth: 6 * unit)) }
        drawing.path(posts, .colour(wood))
    }

    private mutating func grass(on ridge: [(x: Double, y: Double)], _ green: RGBColour) {
        var (dark, light) = (SVGDrawing.Path(), SVGDrawing.Path())
        for index in 0..<420 {
            let x = random.number(0...width)
            let y = Self.height(of: ridge, at: x) + random.number(2...(height * 0.14)) * 1
            let up = random.number(12...34) * unit
            var blade = SVGDrawing.Path()
            blade.move(x - 2 * unit, y)
            blade.curve(x, y - up * 0.6, x + random.number(-12...12) * unit, y - up)
            blade.curve(x + 2 * unit, y - up * 0.5, x + 2.4 * unit, y)
            blade.close()
            if index.isMultiple(of: 2) { dark.append(blade) } else { light.append(blade) }
        }
        drawing.path(dark, .colour(green.darker(0.3)), .init(opacity: 0.7))
        drawing.path(light, .colour(green.mixed(with: accent, 0.5)), .init(opacity: 0.7))
        for colour in [RGBColour(255, 255, 255), accent, RGBColour(240, 128, 140)] {
            var petals = SVGDrawing.Path()
            for _ in 0..<34 {
                let x = random.number(0...width)
                let y = Self.height(of: ridge, at: x) + random.number(8...max(9, height * 0.13))
                petals.circle(x, y, random.number(2.6...5.4) * unit)
            }
            drawing.path(petals, .colour(colour), .init(opacity: 0.92))
        }
    }
}

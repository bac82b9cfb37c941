import Foundation
import HearthCore

/// A page of a comic: lines that run to one point, printed tone, a town in ink.
extension Backdrop {
    mutating func drawInk() {
        drawing.fill(.colour(bottom))
        let (x, y) = (width * random.number(0.42...0.58), height * 0.42)
        tone(from: height * 0.5)
        focusLines(x: x, y: y)
        let light = drawing.radial(
            x: x, y: y, radius: 470 * unit,
            [
                .init(at: 0, colour: bottom, opacity: 1), .init(at: 0.6, colour: bottom, opacity: 0.86),
                .init(at: 1, colour: bottom, opacity: 0),
            ])
        drawing.fill(light)
        town()
        ground()
        splashes()
    }

    /// Dots that become larger downwards.
    private mutating func tone(from start: Double) {
        let bands = 9
        let each = (height - start) / Double(bands)
        for band in 0..<bands {
            let dots = drawing.dots(step: 11 * unit, radius: (0.9 + Double(band) * 0.4) * unit, top)
            drawing.rectangle(0, start + Double(band) * each, width, each + 1, dots, .init(opacity: 0.7))
        }
    }

    private mutating func focusLines(x: Double, y: Double) {
        var wedges = SVGDrawing.Path()
        let reach = hypot(width, height)
        var angle = 0.0
        while angle < 2 * Double.pi {
            let half = random.number(0.0012...0.0085) * (0.6 + 0.8 * line)
            let start = random.number(300...520) * unit
            // Wider than high, as the picture is.
            let stretch = max(width / height, 1) * 0.72
            wedges.polygon([
                (x + cos(angle) * start * stretch, y + sin(angle) * start * 0.8),
                (x + cos(angle - half) * reach, y + sin(angle - half) * reach),
                (x + cos(angle + half) * reach, y + sin(angle + half) * reach),
            ])
            angle += random.number(0.012...0.05)
        }
        drawing.path(wedges, .colour(top))
    }

    /// Houses in two weights of ink, with poles and wires.
    private mutating func town() {
        let base = height * 0.9
        var (far, near, panes) = (SVGDrawing.Path(), SVGDrawing.Path(), SVGDrawing.Path())
        var x = -20 * unit
        while x < width {
            let (across, up) = (random.number(90...170) * unit, random.number(70...190) * unit)
            far.rectangle(x, base - up, across, up + 40 * unit)
            if random.happens(0.5) {
                far.polygon([
                    (x - 10 * unit, base - up), (x + across / 2, base - up - 44 * unit),
                    (x + across + 10 * unit, base - up),
                ])
            }
            var row = base - up + 18 * unit
            while row < base - 26 * unit {
                var column = x + 14 * unit
                while column < x + across - 24 * unit {
                    if random.happens(0.55) { panes.rectangle(column, row, 12 * unit, 16 * unit) }
                    column += 28 * unit
                }
                row += 34 * unit
            }
            x += across + random.number(-2...16) * unit
        }
        drawing.path(far, .colour(bottom), .init(stroke: top, strokeWidth: 3.2 * unit))
        let shade = drawing.dots(step: 8 * unit, radius: 1.9 * unit, top)
        drawing.path(far, shade, .init(opacity: 0.8))
        drawing.path(panes, .colour(bottom), .init(stroke: top, strokeWidth: 2 * unit))
        for place in [0.07, 0.93] {
            let pole = width * place
            near.rectangle(pole - 7 * unit, height * 0.3, 14 * unit, height * 0.7)
            near.rectangle(pole - 52 * unit, height * 0.35, 104 * unit, 9 * unit)
            near.rectangle(pole - 40 * unit, height * 0.4, 80 * unit, 8 * unit)
        }
        drawing.path(near, .colour(top))
        var wires = SVGDrawing.Path()
        for (offset, sag) in [(-46.0, 90.0), (0, 120), (46, 104)] {
            wires.move(width * 0.07 + offset * unit, height * 0.352)
            wires.curve(width / 2, height * 0.352 + sag * unit, width * 0.93 + offset * unit, height * 0.352)
        }
        drawing.path(wires, .none, .init(stroke: top, strokeWidth: 2.4 * unit))
    }

    private mutating func ground() {
        let y = height * 0.9
        drawing.rectangle(0, y, width, drawing.height - y, .colour(bottom))
        drawing.rectangle(0, y, width, 5 * unit, .colour(top))
        var hatches = SVGDrawing.Path()
        var x = -60 * unit
        while x < width {
            hatches.move(x, y + 26 * unit)
            hatches.line(x + random.number(60...190) * unit, y + 26 * unit)
            hatches.move(x + 40 * unit, y + 60 * unit)
            hatches.line(x + random.number(120...260) * unit, y + 60 * unit)
            x += random.number(120...220) * unit
        }
        drawing.path(hatches, .none, .init(stroke: top, strokeWidth: 3 * unit))
    }

    private mutating func splashes() {
        var drops = SVGDrawing.Path()
        for _ in 0..<46 {
            let isLeft = random.happens(0.5)
            drops.circle(
                width * (isLeft ? random.number(0...0.16) : random.number(0.84...1)),
                height * random.number(0...0.28), random.number(1.2...6) * unit)
        }
        drawing.path(drops, .colour(top))
    }
}

import Foundation
import HearthCore

/// Draws what stands behind characters: a place in the colours of a style, the same for the same seed.
///
/// Far things are pale and near things are dark, as air makes them, so that a flat drawing has depth.
struct Backdrop {
    var drawing: SVGDrawing
    var random: SeededRandom
    let width: Double
    /// Of the part that will be seen; what lies below is covered.
    let height: Double
    /// A length that grows with the picture: a thousandth of its visible height, or of its width where that is shorter.
    let unit: Double
    let top: RGBColour
    let bottom: RGBColour
    let accent: RGBColour
    /// 0…1: how strong lines are drawn.
    let line: Double

    /// The drawing as SVG, of the size of the whole picture.
    /// - Parameter visibleHeight: Pixels from the top that nothing covers.
    static func svg(_ grade: BoardGrade, width: Int, height: Int, visibleHeight: Double, seed: Int64) -> String {
        var backdrop = Backdrop(grade, width: width, height: height, visibleHeight: visibleHeight, seed: seed)
        switch grade.motif {
        case .city: backdrop.drawCity()
        case .peaks: backdrop.drawPeaks()
        case .works: backdrop.drawWorks()
        case .hills: backdrop.drawHills()
        case .ink: backdrop.drawInk()
        case .studio: backdrop.drawStudio()
        }
        return backdrop.drawing.text
    }

    private init(_ grade: BoardGrade, width: Int, height: Int, visibleHeight: Double, seed: Int64) {
        drawing = SVGDrawing(width: Double(width), height: Double(height))
        random = SeededRandom(seed: seed, stream: 1)
        self.width = Double(width)
        self.height = visibleHeight
        unit = min(visibleHeight, Double(width)) / 1_000
        top = RGBColour(hex: grade.top) ?? .black
        bottom = RGBColour(hex: grade.bottom) ?? .white
        accent = RGBColour(hex: grade.accent) ?? .white
        line = min(max(grade.line, 0), 1)
    }

    // MARK: What several places have

    /// The sky, from the upper colour to the lower one at a height of the picture.
    mutating func sky(until share: Double, middle: RGBColour? = nil) {
        let end = height * share / drawing.height
        let sky = drawing.vertical([
            .init(at: 0, colour: top), .init(at: end * 0.62, colour: middle ?? top.mixed(with: bottom, 0.55)),
            .init(at: end, colour: bottom), .init(at: 1, colour: bottom),
        ])
        drawing.fill(sky)
    }

    /// Light that fades away from a point.
    mutating func glow(x: Double, y: Double, radius: Double, _ colour: RGBColour, opacity: Double) {
        let light = drawing.radial(
            x: x, y: y, radius: radius,
            [
                .init(at: 0, colour: colour, opacity: opacity),
                .init(at: 0.35, colour: colour, opacity: opacity * 0.42),
                .init(at: 1, colour: colour, opacity: 0),
            ])
        drawing.fill(light)
    }

    /// Air between two layers: a band that is thickest in its middle.
    mutating func haze(y: Double, thickness: Double, _ colour: RGBColour, opacity: Double) {
        let band = drawing.vertical([
            .init(at: 0, colour: colour, opacity: 0), .init(at: 0.5, colour: colour, opacity: opacity),
            .init(at: 1, colour: colour, opacity: 0),
        ])
        drawing.rectangle(0, y - thickness / 2, width, thickness, band)
    }

    /// Darker corners, as lenses make them.
    mutating func vignette(_ colour: RGBColour, opacity: Double) {
        let shade = drawing.radial(
            x: width / 2, y: height * 0.46, radius: hypot(width, height) * 0.58,
            [
                .init(at: 0, colour: colour, opacity: 0), .init(at: 0.6, colour: colour, opacity: 0),
                .init(at: 1, colour: colour, opacity: opacity),
            ])
        drawing.fill(shade)
    }

    /// A ridge from left to right whose middle lies at a height, by halving distances (midpoint displacement).
    mutating func ridge(y: Double, roughness: Double, steps: Int = 7) -> [(x: Double, y: Double)] {
        var heights = [
            y + random.number(-roughness...roughness) * 0.5, y + random.number(-roughness...roughness) * 0.5,
        ]
        var spread = roughness
        for _ in 0..<steps {
            var finer: [Double] = []
            for (left, right) in zip(heights, heights.dropFirst()) {
                finer += [left, (left + right) / 2 + random.number(-spread...spread)]
            }
            heights = finer + [heights[heights.count - 1]]
            spread *= 0.52
        }
        let step = width / Double(heights.count - 1)
        return heights.enumerated().map { (Double($0) * step, $1) }
    }

    /// Everything below a ridge.
    func land(below ridge: [(x: Double, y: Double)]) -> SVGDrawing.Path {
        var path = SVGDrawing.Path()
        path.polygon([(-2, drawing.height + 2)] + ridge + [(width + 2, drawing.height + 2)])
        return path
    }

    /// The height of a ridge at a place.
    static func height(of ridge: [(x: Double, y: Double)], at x: Double) -> Double {
        guard let right = ridge.firstIndex(where: { $0.x >= x }), right > 0 else { return ridge.first?.y ?? 0 }
        let (before, after) = (ridge[right - 1], ridge[right])
        let share = after.x > before.x ? (x - before.x) / (after.x - before.x) : 0
        return before.y + (after.y - before.y) * share
    }
}

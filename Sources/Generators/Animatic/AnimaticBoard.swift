import Foundation
import HearthCore

/// The stills and strips of an animatic.
struct AnimaticBoard {
    let recipe: Recipe
    let plan: BeatPlan
    private let painter: any PicturePainter
    private let references: [Data]
    private let shapes: [PictureShape]

    /// Sides of a still, as a multiple of the frame's: what the camera needs to go near without blur.
    private static let reserve = 1.25

    /// - Throws: ``HearthError`` `invalid_image` for a reference that cannot be decoded.
    init(_ recipe: Recipe, references: [Data], painter: any PicturePainter) throws {
        self.recipe = recipe
        self.references = references
        shapes = try references.map { try painter.shape(of: $0) }
        self.painter = painter
        plan = BeatPlan(
            prompt: recipe.words, seconds: recipe.seconds ?? 4, framesPerSecond: recipe.framesPerSecond ?? 24,
            hasPictures: !references.isEmpty, seed: recipe.seed)
    }

    /// Of the video.
    var size: PixelSize { PixelSize(width: recipe.width, height: recipe.height) }
    /// Of the part above the strip; even, as the video format needs it.
    var pictureHeight: Int { size.height - stripHeight }
    private var unit: Double { Double(min(size.width, size.height)) / 720 }
    private var stripHeight: Int { Int(92 * unit) / 2 * 2 }

    /// How a beat's still is made: the recipe with another share for the characters. A close shot has one of them: the
    /// one that its words name, or the first.
    private func still(of beat: BeatPlan.Beat) -> Storyboard {
        var recipe = recipe
        recipe.width = Int(Double(size.width) * Self.reserve) / 2 * 2
        recipe.height = Int(Double(pictureHeight) * Self.reserve) / 2 * 2
        let share: Double =
            switch beat.framing {
            case .wide: 0.45
            case .medium: 0.8
            case .close: 1
            }
        recipe.referenceWeight = min(1, recipe.referenceWeight * share + 0.1)
        var (pictures, shapes) = (references, shapes)
        if beat.framing == .close, let index = subject(of: beat.text) {
            (recipe.references, pictures, shapes) = ([recipe.references[index]], [references[index]], [shapes[index]])
        }
        return Storyboard(recipe, references: pictures, shapes: shapes, painter: painter, hasSlate: false)
    }

    /// Index of the first picture of the character that a text names; else of the first character.
    private func subject(of text: String) -> Int? {
        let words = text.lowercased()
        let named = recipe.references.firstIndex { reference in
            reference.characterName.map { !$0.isEmpty && words.contains($0.lowercased()) } ?? false
        }
        return named ?? recipe.references.indices.first
    }

    /// One shot as ffmpeg takes it.
    struct Shot {
        let still: Data
        let filter: AnimaticFilter.Shot
        /// The part of the frame that the pictures take.
        let share: Double
    }

    /// The place of all shots, painted once.
    func scene() throws -> Data {
        guard let first = plan.beats.first else { throw HearthError(.internalError, "The plan has no beats.") }
        return try painter.paint(still(of: first).scenePainting())
    }

    /// - Parameter scene: What ``scene()`` has painted.
    func shot(at index: Int, before scene: Data) throws -> Shot {
        let beat = plan.beats[index]
        let board = still(of: beat)
        let zoom: Double =
            switch beat.framing {
            case .wide: 1.12
            case .medium: 1.18
            case .close: 1.42
            }
        let views = beat.move.views(focus: board.focus(isNear: beat.framing == .close), zoom: zoom)
        return Shot(
            still: try painter.paint(try board.shotPainting(before: scene)),
            filter: AnimaticFilter.Shot(frames: beat.frames, from: views.from, to: views.to), share: board.layout.share)
    }

    /// What lies below the picture during a shot.
    func strip(at index: Int) throws -> Data { try painter.paint(try stripPainting(at: index)) }

    /// The caption: which beat it is, what happens, and what this is.
    private func stripPainting(at index: Int) throws -> Painting {
        let tone = BoardTone(recipe.shot?.grade ?? .plain)
        let text = BoardText(painter: painter)
        let (width, height) = (size.width, stripHeight)
        var drawing = SVGDrawing(width: Double(width), height: Double(height))
        drawing.fill(.colour(tone.paper))
        let whole = Double(width)
        drawing.rectangle(0, 0, whole, 3 * unit, .colour(tone.muted), .init(opacity: 0.4))
        drawing.rectangle(0, 0, whole * share(until: index), 3 * unit, .colour(tone.accent))
        let edge = Int(28 * unit)
        let left = Int(96 * unit)
        let right = Int(150 * unit)
        var layers: [PaintedLayer] = [.drawing(drawing.text)]
        func add(
            _ words: String, _ sizes: [Double], bold: Bool, x: Int, y: Double?, width: Int, height: Double,
            _ colour: RGBColour, wraps: Bool
        ) throws {
            let painted = try text.fitted(
                words, sizes: sizes.map { max($0 * unit, 6) }, isBold: bold, colour: colour, width: width,
                height: Int(height * unit), wraps: wraps)
            guard let painted else { return }
            // Without a place, in the middle of the strip.
            let middle = try (stripHeight - painter.size(of: painted).height) / 2
            layers.append(.text(painted, x: x, y: y.map { Int($0 * unit) } ?? middle))
        }
        try add(
            "\(index + 1)/\(plan.beats.count)", [32, 26, 20], bold: true, x: edge, y: nil, width: left - edge / 2,
            height: 50,
            tone.accent, wraps: false)
        try add(
            plan.beats[index].text, [24, 21, 18, 16, 14], bold: false, x: edge + left, y: nil,
            width: width - 2 * edge - left - right - Int(20 * unit), height: 70, tone.ink, wraps: true)
        try add(
            "ANIMATIC", [13, 11], bold: true, x: width - edge - right, y: 20, width: right, height: 22, tone.muted,
            wraps: false)
        try add(
            recipe.shot?.styleName ?? recipe.stylePreset, [16, 14, 12], bold: false, x: width - edge - right, y: 38,
            width: right, height: 30, tone.ink, wraps: false)
        return Painting(size: PixelSize(width: width, height: height), layers: layers, isIntermediate: true)
    }

    /// How far the video is at the end of a beat.
    private func share(until index: Int) -> Double {
        let frames = plan.beats.prefix(index + 1).reduce(0) { $0 + $1.frames }
        return Double(frames) / Double(max(plan.frames, 1))
    }

    /// The frame in the middle of the nearest shot, which shows the character best.
    var bestFrame: Int {
        let order: [BeatPlan.Framing] = [.close, .medium, .wide]
        let nearest = plan.beats.indices.min {
            (order.firstIndex(of: plan.beats[$0].framing) ?? 0) < (order.firstIndex(of: plan.beats[$1].framing) ?? 0)
        }
        guard let nearest else { return 0 }
        return plan.beats.prefix(nearest).reduce(0) { $0 + $1.frames } + plan.beats[nearest].frames / 2
    }
}

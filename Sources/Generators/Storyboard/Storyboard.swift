import HearthCore

import struct Foundation.Data

/// One board: a place in the colours of its style, the characters in it, and a slate that says what it shows.
struct Storyboard {
    let recipe: Recipe
    let layout: BoardLayout
    private let references: [Data]
    private let painter: any PicturePainter
    private let grade: BoardGrade

    /// A board with a slate below the frame.
    /// - Parameter references: Bytes of the recipe's references.
    /// - Throws: ``HearthError`` `invalid_image` for a reference that cannot be decoded.
    init(_ recipe: Recipe, references: [Data], painter: any PicturePainter) throws {
        self.init(
            recipe, references: references, shapes: try references.map { try painter.shape(of: $0) }, painter: painter,
            hasSlate: true)
    }

    /// - Parameters:
    ///   - shapes: Of the references.
    ///   - hasSlate: Whether there is a slate below the frame; otherwise the frame is all there is.
    init(
        _ recipe: Recipe, references: [Data], shapes: [PictureShape], painter: any PicturePainter, hasSlate: Bool
    ) {
        self.recipe = recipe
        self.references = references
        self.painter = painter
        grade = recipe.shot?.grade ?? .plain
        var leads: [Int] = []
        var seen: Set<String> = []
        for (index, reference) in recipe.references.enumerated()
        where seen.insert(reference.characterID ?? reference.sha256).inserted {
            leads.append(index)
        }
        layout = BoardLayout(
            size: PixelSize(width: recipe.width, height: recipe.height),
            shapes: shapes, leads: leads, weight: recipe.referenceWeight, seed: recipe.seed, hasSlate: hasSlate)
    }

    /// What the references came to: the share of the frame that they take.
    var applied: AppliedReference {
        AppliedReference(
            requestedWeight: recipe.referenceWeight, mechanism: layout.placements.isEmpty ? "none" : "layout_share",
            effective: layout.placements.isEmpty ? nil : (layout.share * 1_000).rounded() / 1_000)
    }

    /// The whole board.
    func painting() throws -> Painting {
        let tone = BoardTone(grade)
        let slate = BoardSlate(recipe: recipe, layout: layout, tone: tone, text: BoardText(painter: painter))
        let labels = try slate.labels()
        return Painting(
            size: layout.size,
            layers: scene() + [.drawing(overlay(tone, labels: labels.boxes))] + pictures() + (try slate.captions())
                + labels.layers + (try slate.slateTexts()))
    }

    /// The place alone, as ``shotPainting(before:)`` takes it.
    func scenePainting() -> Painting { Painting(size: layout.size, layers: scene(), isIntermediate: true) }

    /// The frame alone, as a camera looks at it: no slate, no labels.
    /// - Parameter scene: The painted place; drawing it again would take longer than all the rest.
    func shotPainting(before scene: Data) throws -> Painting {
        let tone = BoardTone(grade)
        let slate = BoardSlate(recipe: recipe, layout: layout, tone: tone, text: BoardText(painter: painter))
        let cards = cards(SVGDrawing(width: Double(layout.size.width), height: Double(layout.size.height)))
        return Painting(
            size: layout.size,
            layers: [.picture(PaintedPicture(filling: layout.size, scene)), .drawing(cards.text)] + pictures()
                + (try slate.captions()), isIntermediate: true)
    }

    /// Where the eye goes: the upper part of the first character, 0…1 of the picture.
    /// - Parameter isNear: Whether the camera looks at the face rather than at the figure.
    func focus(isNear: Bool) -> (x: Double, y: Double) {
        guard let box = layout.placements.first?.box else { return (0.5, 0.42) }
        let y = Double(box.y) + Double(box.height) * (isNear ? 0.36 : 0.48)
        return ((Double(box.x) + Double(box.width) / 2) / Double(layout.size.width), y / Double(layout.size.height))
    }

    /// The place without characters and slate.
    func scene() -> [PaintedLayer] {
        [
            .drawing(
                Backdrop.svg(
                    grade, width: layout.size.width, height: layout.size.height,
                    visibleHeight: Double(layout.frame.height), seed: recipe.seed)),
            .grain(strength: grade.grain, seed: recipe.seed),
        ]
    }

    private func pictures() -> [PaintedLayer] {
        layout.placements.map { placement in
            .picture(
                PaintedPicture(
                    bytes: references[placement.index], box: placement.box,
                    cornerRadius: placement.isCutout ? 0 : 4 * layout.unit,
                    shadow: placement.isCutout ? 9 * layout.unit : 0, isCutout: placement.isCutout))
        }
    }

    /// Cards and their shadows, marks at the corners of the frame, backgrounds of the labels, the slate.
    private func overlay(_ tone: BoardTone, labels: [PixelBox]) -> String {
        var drawing = cards(SVGDrawing(width: Double(layout.size.width), height: Double(layout.size.height)))
        marks(&drawing)
        for box in labels {
            drawing.rectangle(
                Double(box.x), Double(box.y), Double(box.width), Double(box.height), .colour(RGBColour(10, 10, 14)),
                radius: Double(box.height) / 2, .init(opacity: 0.66))
        }
        slate(&drawing, tone)
        return drawing.text
    }

    /// What pictures lie on, and the shadows of those that stand free.
    private func cards(_ drawing: SVGDrawing) -> SVGDrawing {
        let unit = layout.unit
        var drawing = drawing
        for placement in layout.placements {
            guard let card = placement.card else {
                let box = placement.box
                drawing.ellipse(
                    Double(box.x) + Double(box.width) / 2, Double(box.bottom) - 2 * unit, Double(box.width) * 0.4,
                    12 * unit, .colour(.black), .init(opacity: 0.45, blur: 7 * unit))
                continue
            }
            let (x, y, width, height) = (Double(card.x), Double(card.y), Double(card.width), Double(card.height))
            drawing.rectangle(
                x + 3 * unit, y + 8 * unit, width, height, .colour(.black), radius: 5 * unit,
                .init(opacity: 0.5, blur: 11 * unit))
            drawing.rectangle(x, y, width, height, .colour(RGBColour(250, 249, 246)), radius: 5 * unit)
        }
        return drawing
    }

    private func marks(_ drawing: inout SVGDrawing) {
        let (unit, frame) = (layout.unit, layout.frame)
        let (inset, length) = (14 * unit, 26 * unit)
        var corners = SVGDrawing.Path()
        for (x, right) in [(inset, 1.0), (Double(frame.width) - inset, -1.0)] {
            let y = Double(frame.height) - inset
            corners.move(x + right * length, y)
            corners.line(x, y)
            corners.line(x, y - length)
        }
        let isLight = grade.motif == .ink
        drawing.path(
            corners, .none, .init(opacity: 0.75, stroke: isLight ? .black : .white, strokeWidth: 2 * unit))
    }

    private func slate(_ drawing: inout SVGDrawing, _ tone: BoardTone) {
        let (unit, box) = (layout.unit, layout.slate)
        let (x, y, width) = (Double(box.x), Double(box.y), Double(box.width))
        drawing.rectangle(x, y, width, Double(box.height), .colour(tone.paper))
        // The stripes of a clapper.
        let stripes = drawing.stripes(step: 22 * unit, tone.accent)
        drawing.rectangle(x, y, width, 9 * unit, .colour(tone.paper.darker(0.3)))
        drawing.rectangle(x, y, width, 9 * unit, stripes, .init(opacity: 0.92))
    }
}

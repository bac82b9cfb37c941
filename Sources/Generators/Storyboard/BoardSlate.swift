import HearthCore

/// The words of a board: those below the frame, and the labels on it.
struct BoardSlate {
    let recipe: Recipe
    let layout: BoardLayout
    let tone: BoardTone
    let text: BoardText

    /// A label, and what it is of.
    private struct Fact {
        let label: String
        let value: String
    }

    private var unit: Double { layout.unit }
    private var isWide: Bool { layout.size.width * 10 >= layout.size.height * 12 }

    /// What the slate says beside the prompt.
    private var facts: [Fact] {
        var names: [String] = []
        for name in recipe.references.compactMap(\.characterName) where !names.contains(name) { names.append(name) }
        return [
            Fact(label: "PROJECT", value: recipe.shot?.project ?? "—"),
            Fact(
                label: names.count > 1 ? "CHARACTERS" : "CHARACTER",
                value: names.isEmpty ? "—" : names.joined(separator: ", ")),
            Fact(label: "STYLE", value: recipe.shot?.styleName ?? recipe.stylePreset),
            Fact(label: "SEED", value: String(recipe.seed)),
        ]
    }

    /// `007`, or `—` where outputs are not counted.
    private var shotNumber: String {
        guard let number = recipe.shot?.number else { return "—" }
        let digits = String(number)
        return String(repeating: "0", count: max(0, 3 - digits.utf8.count)) + digits
    }

    /// Said on every board: what a board is, and what it is not.
    static let honesty = "Composed from registered pictures; no model has drawn it."

    /// All texts of the slate, from left to right or from top to bottom.
    func slateTexts() throws -> [PaintedLayer] {
        let slate = layout.slate
        let edge = Int(28 * unit)
        let top = slate.y + Int(24 * unit)
        let footer = Int((isWide ? 15 : 19) * unit)
        let bottom = slate.bottom - Int(14 * unit) - footer
        var layers = try shot(x: edge, y: top, width: Int(116 * unit))
        let column = edge + Int(132 * unit)
        let left = isWide ? column : edge
        let honesty = try line(
            Self.honesty, sizes: isWide ? [12, 10, 8] : [15, 13, 12, 10, 8], x: left, y: bottom + Int(2 * unit),
            width: slate.width - left - edge, height: footer, tone.muted)
        if isWide {
            let factsWidth = Int(Double(slate.width) * 0.27)
            let factsX = slate.width - edge - factsWidth
            layers += try prompt(
                x: column, y: top, width: factsX - column - Int(36 * unit), height: bottom - top - Int(8 * unit))
            layers += try grid(x: factsX, y: top, width: factsWidth, height: bottom - top + footer)
        } else {
            let gridHeight = Int(104 * unit)
            layers += try grid(x: column, y: top, width: slate.width - edge - column, height: gridHeight)
            let y = top + gridHeight + Int(18 * unit)
            layers += try prompt(x: edge, y: y, width: slate.width - 2 * edge, height: bottom - y - Int(8 * unit))
        }
        return layers + honesty
    }

    private func shot(x: Int, y: Int, width: Int) throws -> [PaintedLayer] {
        try line("SHOT", sizes: [13], isBold: true, x: x, y: y, width: width, height: Int(18 * unit), tone.muted)
            + line(
                shotNumber, sizes: [62, 52, 42, 32, 24], isBold: true, x: x, y: y + Int(17 * unit), width: width,
                height: Int(86 * unit), tone.accent)
    }

    private func prompt(x: Int, y: Int, width: Int, height: Int) throws -> [PaintedLayer] {
        let sizes = [34.0, 30, 27, 24, 21, 19, 17, 15].dropFirst(isWide ? 2 : 0).map { max($0 * unit, 7) }
        let painted = try text.fitted(recipe.words, sizes: sizes, colour: tone.ink, width: width, height: height)
        return painted.map { [.text($0, x: x, y: y)] } ?? []
    }

    /// The facts in two columns of two.
    private func grid(x: Int, y: Int, width: Int, height: Int) throws -> [PaintedLayer] {
        let gap = Int(20 * unit)
        let (across, down) = ((width - gap) / 2, min(height / 2, Int(58 * unit)))
        return try facts.enumerated().flatMap { index, fact in
            let (left, top) = (x + (index % 2) * (across + gap), y + (index / 2) * down)
            // The letters of small boards are higher than their part, and a J reaches below the line.
            let label = Int(18 * unit) + (unit < 1 ? 3 : 0)
            return try line(
                fact.label, sizes: [12], isBold: true, x: left, y: top, width: across, height: label, tone.muted)
                + line(
                    fact.value, sizes: [18, 16, 14, 12], x: left, y: top + label - Int(2 * unit), width: across,
                    height: down - label, tone.ink)
        }
    }

    /// The labels at the upper corners of the frame, and what lies below them as boxes.
    func labels() throws -> (boxes: [PixelBox], layers: [PaintedLayer]) {
        let style = recipe.shot?.styleName ?? recipe.stylePreset
        let size = layout.size
        let left = "STORYBOARD  ·  \(style)"
        let right = "\(Self.aspect(of: size))  ·  \(size.width) × \(size.height)"
        let most = (layout.frame.width - Int(120 * unit)) / 2
        var (boxes, layers): ([PixelBox], [PaintedLayer]) = ([], [])
        for (text, isLeft) in [(left, true), (right, false)] {
            guard
                let painted = try self.text.fitted(
                    text, sizes: [13, 11, 9].map { $0 * unit }, isBold: true, colour: .white, width: most,
                    height: Int(24 * unit), wraps: false)
            else { continue }
            let width = try self.text.painter.size(of: painted).width
            let (pad, high, edge) = (Int(11 * unit), Int(25 * unit), Int(20 * unit))
            let box = PixelBox(
                x: isLeft ? edge : size.width - edge - width - 2 * pad, y: Int(18 * unit), width: width + 2 * pad,
                height: high)
            boxes.append(box)
            layers.append(.text(painted, x: box.x + pad, y: box.y + (high - Int(painted.fontSize * 1.36)) / 2))
        }
        return (boxes, layers)
    }

    /// Names and roles under the cards.
    func captions() throws -> [PaintedLayer] {
        try layout.placements.flatMap { placement -> [PaintedLayer] in
            guard let box = placement.caption else { return [] }
            let reference = recipe.references[placement.index]
            // The main picture needs no other word than the name.
            let role = reference.role == "primary" ? nil : reference.role?.replacing("_", with: " ")
            let words = [reference.characterName, role].compactMap { $0 }.joined(separator: "  ·  ")
            let isLarge = Double(box.height) > 26 * unit
            guard
                let painted = try text.fitted(
                    words, sizes: (isLarge ? [17, 15, 13, 11] : [11, 10, 9, 8]).map { $0 * unit }, isBold: isLarge,
                    colour: RGBColour(38, 38, 44), width: box.width, height: box.height, wraps: false)
            else { return [] }
            let width = try text.painter.size(of: painted).width
            let y = box.y + (box.height - Int(painted.fontSize * 1.36)) / 2
            return [.text(painted, x: box.x + (box.width - width) / 2, y: y)]
        }
    }

    private func line(
        _ words: String, sizes: [Double], isBold: Bool = false, x: Int, y: Int, width: Int, height: Int,
        _ colour: RGBColour
    ) throws -> [PaintedLayer] {
        let painted = try text.fitted(
            words, sizes: sizes.map { max($0 * unit, 6) }, isBold: isBold, colour: colour, width: width, height: height,
            wraps: false)
        return painted.map { [.text($0, x: x, y: y)] } ?? []
    }

    /// `16:9` where the sides have such a relation, else `1.91:1`.
    static func aspect(of size: PixelSize) -> String {
        var (large, small) = (size.width, size.height)
        while small != 0 { (large, small) = (small, large % small) }
        let (across, down) = (size.width / max(large, 1), size.height / max(large, 1))
        guard max(across, down) > 21 else { return "\(across):\(down)" }
        return "\(SVGDrawing.number(Double(size.width) / Double(max(size.height, 1)))):1"
    }
}

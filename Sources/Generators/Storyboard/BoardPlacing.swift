import HearthCore

/// Places pictures from the outside inwards: the small ones at an edge, the large ones in what is left.
struct BoardPlacing {
    let frame: PixelBox
    let unit: Double
    let isWide: Bool
    let weight: Double
    let seed: Int64

    /// Free space of the frame: below the labels, above the slate.
    private var free: (x: Double, y: Double, width: Double, height: Double) {
        let side = 56 * unit
        return (
            side, 54 * unit, Double(frame.width) - 2 * side, Double(frame.height) - (54 + 16) * unit
        )
    }

    func place(large: [Int], small: [Int], shapes: [PictureShape]) -> [BoardLayout.Placement] {
        var space = free
        var random = SeededRandom(seed: seed, stream: 2)
        let standsLeft = random.happens(0.5)
        var placed: [BoardLayout.Placement] = []
        if !small.isEmpty {
            if isWide {
                let column = min(space.width * 0.2, space.height * (0.2 + 0.16 * weight))
                let x = standsLeft ? space.x + space.width - column : space.x
                placed += stack(small, shapes, x: x, y: space.y, width: column, height: space.height)
                space.width -= column + 28 * unit
                if !standsLeft { space.x += column + 28 * unit }
            } else {
                let row = space.height * (0.13 + 0.09 * weight)
                placed += line(small, shapes, x: space.x, y: space.y, width: space.width, height: row)
                space.y += row + 24 * unit
                space.height -= row + 24 * unit
            }
        }
        let lead = stand(large, shapes, space: space, standsLeft: standsLeft, isAlone: small.isEmpty)
        return lead + placed
    }

    /// The large pictures side by side on the lower edge, at the left or right third of a wide frame.
    private func stand(
        _ indices: [Int], _ shapes: [PictureShape], space: (x: Double, y: Double, width: Double, height: Double),
        standsLeft: Bool, isAlone: Bool
    ) -> [BoardLayout.Placement] {
        guard !indices.isEmpty else { return [] }
        let gap = 26 * unit
        let height = space.height * (0.4 + 0.6 * weight)
        // Wide pictures in tall frames are bounded by the width: the weight counts there as well.
        let most = (space.width - gap * Double(indices.count - 1)) / Double(indices.count) * (0.45 + 0.55 * weight)
        let sizes = indices.map { index -> (width: Double, height: Double) in
            let shape = shapes[index]
            let extra = shape.isCutout ? 0 : Self.border * 2 * unit
            let below = shape.isCutout ? 0 : Self.captionHeight * unit
            let width = min((height - extra - below) * shape.aspect, most - extra)
            return (width + extra, min(height, width / shape.aspect + extra + below))
        }
        let total = sizes.reduce(0) { $0 + $1.width } + gap * Double(indices.count - 1)
        let spare = space.width - total
        // A third of the frame, as far as there is space; tall frames have their character in the middle.
        let shift = isWide && indices.count == 1 && isAlone ? (standsLeft ? 0.24 : 0.76) : 0.5
        var x = space.x + spare * shift
        return zip(indices, sizes).map { index, size in
            defer { x += size.width + gap }
            let isCutout = shapes[index].isCutout
            // A cutout stands on the ground, a card hangs in the middle of its space.
            let y = isCutout ? space.y + space.height - size.height : space.y + (space.height - size.height) / 2
            return placement(index, isCutout: isCutout, x: x, y: y, width: size.width, height: size.height)
        }
    }

    private func stack(
        _ indices: [Int], _ shapes: [PictureShape], x: Double, y: Double, width: Double, height: Double
    ) -> [BoardLayout.Placement] {
        let gap = 12 * unit
        let each = min(width * 1.12, (height - gap * Double(indices.count - 1)) / Double(indices.count))
        var top = y + (height - each * Double(indices.count) - gap * Double(indices.count - 1)) / 2
        return indices.map { index in
            defer { top += each + gap }
            return small(index, shapes, x: x, y: top, width: width, height: each)
        }
    }

    private func line(
        _ indices: [Int], _ shapes: [PictureShape], x: Double, y: Double, width: Double, height: Double
    ) -> [BoardLayout.Placement] {
        let gap = 12 * unit
        let each = min(height, (width - gap * Double(indices.count - 1)) / Double(indices.count))
        var left = x + (width - each * Double(indices.count) - gap * Double(indices.count - 1)) / 2
        return indices.map { index in
            defer { left += each + gap }
            return small(index, shapes, x: left, y: y, width: each, height: height)
        }
    }

    /// A card in the middle of its place, with a line for its role.
    private func small(
        _ index: Int, _ shapes: [PictureShape], x: Double, y: Double, width: Double, height: Double
    ) -> BoardLayout.Placement {
        let extra = Self.border * unit
        let below = Self.smallCaptionHeight * unit
        let aspect = shapes[index].aspect
        let across = min(width - extra, (height - extra - below) * aspect)
        let down = across / aspect
        let (cardWidth, cardHeight) = (across + extra, down + extra + below)
        return placement(
            index, isCutout: false, x: x + (width - cardWidth) / 2, y: y + (height - cardHeight) / 2, width: cardWidth,
            height: cardHeight, border: Self.border / 2, below: Self.smallCaptionHeight)
    }

    /// Pixels of a card's white edge, and of the line below its picture, on a board of 1280 × 720.
    private static let border = 10.0
    private static let captionHeight = 34.0
    private static let smallCaptionHeight = 20.0

    private func placement(
        _ index: Int, isCutout: Bool, x: Double, y: Double, width: Double, height: Double,
        border: Double = BoardPlacing.border, below: Double = BoardPlacing.captionHeight
    ) -> BoardLayout.Placement {
        let outline = PixelBox(x: Int(x), y: Int(y), width: max(Int(width), 4), height: max(Int(height), 4))
        if isCutout {
            return .init(index: index, box: outline, card: nil, caption: nil, isCutout: true)
        }
        let edge = max(1, Int(border * unit))
        let caption = Int(below * unit)
        let picture = PixelBox(
            x: outline.x + edge, y: outline.y + edge, width: max(outline.width - 2 * edge, 1),
            height: max(outline.height - 2 * edge - caption, 1))
        let place = PixelBox(
            x: picture.x, y: picture.bottom, width: picture.width, height: outline.bottom - picture.bottom)
        return .init(index: index, box: picture, card: outline, caption: place, isCutout: false)
    }
}

import HearthCore
import HearthInference
import HearthModelLibrary

/// How a part of a picture is laid before a detector: the size of the graph's input, and what it shows.
struct FaceCanvas: Sendable, Equatable {
    /// A rectangle in a picture, in pixels; it may reach beyond it.
    struct Area: Sendable, Equatable {
        var x: Double
        var y: Double
        var width: Double
        var height: Double
    }

    let width: Int
    let height: Int
    /// From places in the input to places in the picture, for boxes and points.
    let map: AffineMap
    /// The same for pixels: the picture is drawn to a whole number of them, as reference pipelines do.
    let drawing: AffineMap

    /// - Parameters:
    ///   - area: What is shown, before the margin.
    ///   - multiple: The graph takes every size that is a multiple of this, and not only its own; nil: only its own.
    init(showing area: Area, by search: FaceSearch, image: ImagePreprocessing, multiple: Int?) {
        let margin = Double(search.padding) * max(area.width, area.height)
        let padded = Area(
            x: area.x - margin, y: area.y - margin, width: area.width + 2 * margin, height: area.height + 2 * margin)
        let isTurned = search.quarterTurns % 2 == 1
        let view = isTurned ? (padded.height, padded.width) : (padded.width, padded.height)
        let longest = Double(max(image.width, image.height))
        var scale: (x: Double, y: Double)
        if image.resize == .stretch {
            let part = search.longSide.map { min(1, Double($0) / longest) } ?? 1
            scale = (Double(image.width) / view.0 * part, Double(image.height) / view.1 * part)
            (width, height) = (image.width, image.height)
        } else if let multiple {
            let side = (search.longSide.map(Double.init) ?? longest) / max(view.0, view.1)
            scale = (side, side)
            width = Self.roundedUp(view.0 * side, to: multiple)
            height = Self.roundedUp(view.1 * side, to: multiple)
        } else {
            let side = min(
                Double(image.width) / view.0, Double(image.height) / view.1,
                search.longSide.map { Double($0) / max(view.0, view.1) } ?? .infinity)
            scale = (side, side)
            (width, height) = (image.width, image.height)
        }
        map = Self.map(from: padded, quarterTurns: search.quarterTurns, scale: scale)
        let drawn = (x: max(1, (view.0 * scale.x).rounded()) / view.0, y: max(1, (view.1 * scale.y).rounded()) / view.1)
        drawing = Self.map(from: padded, quarterTurns: search.quarterTurns, scale: drawn)
    }

    private static func roundedUp(_ length: Double, to multiple: Int) -> Int {
        // Less than a hundredth of a pixel is what is left of a division.
        max(1, Int(((length - 0.01) / Double(multiple)).rounded(.up))) * multiple
    }

    /// From places of the turned and scaled area to places in the picture.
    private static func map(from area: Area, quarterTurns: Int, scale: (x: Double, y: Double)) -> AffineMap {
        let (x, y) = (1 / scale.x, 1 / scale.y)
        let (right, bottom) = (area.x + area.width, area.y + area.height)
        switch quarterTurns {
        case 1: return AffineMap(xx: 0, xy: y, x0: area.x, yx: -x, yy: 0, y0: bottom)
        case 2: return AffineMap(xx: -x, xy: 0, x0: right, yx: 0, yy: -y, y0: bottom)
        case 3: return AffineMap(xx: 0, xy: -y, x0: right, yx: x, yy: 0, y0: area.y)
        default: return AffineMap(xx: x, xy: 0, x0: area.x, yx: 0, yy: y, y0: area.y)
        }
    }

    /// The input, and what its regions are parts of.
    func content(of picture: PixelPicture, _ image: ImagePreprocessing) -> PreparedInput.Content {
        .picture(
            picture.tensor(image, width: width, height: height, map: drawing),
            frame: PictureFrame(width: width, height: height))
    }

    /// A region of the input as one of the picture, in pixels.
    func region(_ region: PictureRegion) -> FaceBox {
        func place(_ x: Float, _ y: Float) -> PicturePlace {
            map(PicturePlace(x: Double(x) * Double(width), y: Double(y) * Double(height)))
        }
        let (one, other) = (place(region.x, region.y), place(region.x + region.width, region.y + region.height))
        return FaceBox(
            left: min(one.x, other.x), top: min(one.y, other.y), right: max(one.x, other.x),
            bottom: max(one.y, other.y), score: region.score, points: region.points.map { place($0.x, $0.y) })
    }
}

/// A face in a picture, in its pixels.
struct FaceBox: Sendable, Equatable {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double
    var score: Float
    /// As people see them from left to right: eye, eye, tip of the nose, corner of the mouth, corner of the mouth;
    /// empty when they are not known.
    var points: [PicturePlace]

    var width: Double { right - left }
    var height: Double { bottom - top }
    var area: Double { width * height }

    /// The same as parts of a picture's width and height.
    func region(in picture: PixelPicture) -> PictureRegion {
        let (across, down) = (Double(picture.width), Double(picture.height))
        return PictureRegion(
            x: Float(left / across), y: Float(top / down), width: Float(width / across), height: Float(height / down),
            score: score, points: points.map { .init(x: Float($0.x / across), y: Float($0.y / down)) })
    }
}

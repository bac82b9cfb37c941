import Foundation
import HearthCore
import HearthInference

/// What a face looks like: pose, sharpness, brightness, size, and all of it in one number.
///
/// Pose is read off five points, as if every nose were as long as others: good to tell a face that looks at the camera
/// from one that does not, within about ten degrees. Sharpness and brightness are those of the face brought to one
/// size, so that they mean the same for all models.
struct FaceMeasure {
    /// Side of the crop that is looked at, in pixels.
    private static let side = 96
    /// Where the five points lie in it, as parts of its side: those that ArcFace's authors align faces to.
    private static let template = [(0.342, 0.462), (0.657, 0.460), (0.500, 0.641), (0.371, 0.825), (0.632, 0.823)]
        .map { PicturePlace(x: $0.0 * Double(side), y: $0.1 * Double(side)) }
    private static let grey = ImagePreprocessing(
        width: side, height: side, resize: .stretch, interpolation: .bilinear, scale: 1, background: [0, 0, 0])
    /// How far the tip of the nose stands out, in parts of the way from the eyes to the mouth …
    private static let noseLength = 0.42
    /// … and where on that way it is when a face looks straight ahead.
    private static let noseHeight = 0.5
    /// Variance of the Laplacian of a face that is half as sharp as can be.
    private static let halfSharp: Float = 120

    /// - Parameters:
    ///   - face: With its five points; without them the pose is that of no face.
    ///   - scale: Pixels of the file for each pixel of the picture.
    static func traits(of face: FaceBox, in picture: PixelPicture, scale: Double) -> FaceTraits {
        let pose = pose(of: face.points)
        let side = max(0, min(face.width, face.height) * scale)
        var look = (sharpness: Float(0), brightness: Float(0))
        if let map = AffineMap.similarity(from: template, to: face.points) { look = Self.look(of: picture, map) }
        var traits = FaceTraits(
            yaw: Float(pose.yaw), pitch: Float(pose.pitch), roll: Float(pose.roll), sharpness: look.sharpness,
            brightness: look.brightness, side: Int(min(side.rounded(), 1e6)), quality: 0)
        traits.quality = quality(of: traits, visible: visible(face, in: picture))
        return traits
    }

    /// Degrees; a face whose points are at one place looks away.
    static func pose(of points: [PicturePlace]) -> (yaw: Double, pitch: Double, roll: Double) {
        guard points.count == 5 else { return (90, 0, 0) }
        func middle(_ one: Int, _ other: Int) -> PicturePlace {
            PicturePlace(x: (points[one].x + points[other].x) / 2, y: (points[one].y + points[other].y) / 2)
        }
        let (eyes, mouth) = (middle(0, 1), middle(3, 4))
        let (x, y) = (mouth.x - eyes.x, mouth.y - eyes.y)
        let length = hypot(x, y)
        let roll = atan2(points[1].y - points[0].y, points[1].x - points[0].x) * 180 / .pi
        guard length.isFinite, length > 1e-3, roll.isFinite else { return (90, 0, 0) }
        let nose = (x: points[2].x - eyes.x, y: points[2].y - eyes.y)
        // Along the way from the eyes to the mouth, and to its right as people see it.
        let along = (nose.x * x + nose.y * y) / (length * length)
        let beside = (nose.x * y - nose.y * x) / (length * length)
        func degrees(_ part: Double) -> Double { asin(min(max(part / noseLength, -1), 1)) * 180 / .pi }
        return (degrees(beside), degrees(noseHeight - along), roll)
    }

    private static func look(of picture: PixelPicture, _ map: AffineMap) -> (sharpness: Float, brightness: Float) {
        let values = picture.tensor(grey, width: side, height: side, map: map).values
        let plane = side * side
        // ITU-R BT.601, as cameras and JPEG have it.
        let light = (0..<plane).map { 0.299 * values[$0] + 0.587 * values[plane + $0] + 0.114 * values[2 * plane + $0] }
        var (sum, squares, count) = (Float(0), Float(0), Float(0))
        for row in 1..<(side - 1) {
            for place in (row * side + 1)..<(row * side + side - 1) {
                let edge =
                    4 * light[place] - light[place - 1] - light[place + 1] - light[place - side]
                    - light[place + side]
                sum += edge
                squares += edge * edge
                count += 1
            }
        }
        let mean = sum / count
        let variance = max(0, squares / count - mean * mean)
        return (variance / (variance + halfSharp), light.reduce(0, +) / Float(plane) / 255)
    }

    /// The part of its box that lies in the picture.
    private static func visible(_ face: FaceBox, in picture: PixelPicture) -> Double {
        guard face.area > 0 else { return 0 }
        let across = min(face.right, Double(picture.width)) - max(face.left, 0)
        let down = min(face.bottom, Double(picture.height)) - max(face.top, 0)
        return across > 0 && down > 0 ? across * down / face.area : 0
    }

    /// One factor for each thing that makes a face hard to recognise.
    private static func quality(of traits: FaceTraits, visible: Double) -> Float {
        func radians(_ degrees: Float) -> Float { degrees * .pi / 180 }
        let pose = max(0, cos(radians(traits.yaw))) * max(0, cos(radians(traits.pitch)))
        let dark = min(1, traits.brightness / 0.25)
        let light = min(1, max(0, (1 - traits.brightness) / 0.15))
        let sharp = min(1, traits.sharpness / 0.5)
        let large = min(1, Float(traits.side) / 112)
        let quality = pose * dark * light * sharp * large.squareRoot() * Float(min(max(visible, 0), 1))
        return quality.isFinite ? quality : 0
    }
}

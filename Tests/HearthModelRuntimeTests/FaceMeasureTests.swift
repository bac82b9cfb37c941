import Foundation
import HearthCore
import HearthInference
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// Pose, sharpness, brightness and size of faces.
@Suite struct FaceMeasureTests {
    /// Eye, eye, nose, mouth, mouth of a face that looks straight ahead, 100 pixels wide.
    private static let points = [(34.0, 46.0), (66, 46), (50, 64), (37, 82), (63, 82)].map {
        PicturePlace(x: $0.0, y: $0.1)
    }

    private func face(_ points: [PicturePlace]) -> FaceBox {
        FaceBox(left: 5, top: 5, right: 95, bottom: 95, score: 0.9, points: points)
    }

    private func picture(_ value: (Int, Int) -> UInt8) -> PixelPicture {
        let bytes = (0..<10_000).map { value($0 % 100, $0 / 100) }
        return PixelPicture(width: 100, height: 100, bands: 1, bytes: bytes)
    }

    @Test func theNoseTellsWhereAFaceLooks() {
        let straight = FaceMeasure.pose(of: Self.points)
        #expect(abs(straight.yaw) < 1 && abs(straight.pitch) < 1 && abs(straight.roll) < 1)
        func moved(_ x: Double, _ y: Double) -> (yaw: Double, pitch: Double, roll: Double) {
            var points = Self.points
            points[2].x += x
            points[2].y += y
            return FaceMeasure.pose(of: points)
        }
        #expect(moved(8, 0).yaw > 20 && moved(-8, 0).yaw < -20 && abs(moved(8, 0).pitch) < 1)
        #expect(moved(0, -6).pitch > 15 && moved(0, 6).pitch < -15)
        #expect(moved(400, 0).yaw == 90, "never more")
    }

    @Test(arguments: [-120.0, -30, 15, 90])
    func aHeadThatLeansLooksTheSameWay(degrees: Double) {
        var points = Self.points
        points[2].x += 5
        let straight = FaceMeasure.pose(of: points)
        let (a, b) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
        let map = AffineMap(xx: a, xy: -b, x0: 40, yx: b, yy: a, y0: 10)
        let leaning = FaceMeasure.pose(of: points.map { map($0) })
        #expect(abs(leaning.yaw - straight.yaw) < 1e-6 && abs(leaning.pitch - straight.pitch) < 1e-6)
        #expect(abs(leaning.roll - degrees) < 1e-6)
    }

    @Test func pointsAtOnePlaceLookAtNoCamera() throws {
        let same = Array(repeating: PicturePlace(x: 50, y: 50), count: 5)
        for points in [same, [], Self.points.map { PicturePlace(x: $0.x, y: .nan) }] {
            let traits = FaceMeasure.traits(of: face(points), in: picture { _, _ in 100 }, scale: 1)
            #expect(traits.yaw == 90 && traits.quality < 1e-6, "\(points)")
            let numbers = [traits.pitch, traits.roll, traits.sharpness, traits.brightness]
            #expect(numbers.allSatisfy { $0.isFinite })
        }
    }

    @Test func lightAndEdgesAreMeasured() {
        func traits(_ value: (Int, Int) -> UInt8) -> FaceTraits {
            FaceMeasure.traits(of: face(Self.points), in: picture(value), scale: 2)
        }
        let flat = traits { _, _ in 102 }
        #expect(abs(flat.brightness - 0.4) < 0.01 && flat.sharpness < 0.01 && flat.side == 180)
        let sharp = traits { x, y in (x / 4 + y / 4) % 2 == 0 ? 60 : 180 }
        let soft = traits { x, y in UInt8(120 + 60 * sin(Double(x) / 9) * sin(Double(y) / 9)) }
        #expect(sharp.sharpness > 0.8 && soft.sharpness < 0.2 && sharp.quality > soft.quality)
        #expect(traits { _, _ in 3 }.reasons(Self.rule).contains(.lowBrightness))
    }

    private static let rule = FaceQualityRule(turn: 30, brightness: 0.2, sharpness: 0.2, side: 60, quality: 0.3)

    @Test func aFaceThatIsNotInThePictureIsWorthLess() {
        let picture = picture { x, y in (x / 4 + y / 4) % 2 == 0 ? 60 : 180 }
        let whole = FaceMeasure.traits(of: face(Self.points), in: picture, scale: 1)
        var half = face(Self.points)
        (half.left, half.right) = (-90, 90)
        #expect(FaceMeasure.traits(of: half, in: picture, scale: 1).quality < 0.6 * whole.quality)
        var gone = face(Self.points)
        (gone.left, gone.right) = (200, 300)
        #expect(FaceMeasure.traits(of: gone, in: picture, scale: 1).quality == 0)
    }
}

import Foundation
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// Maps between places: how faces are turned to a template.
@Suite struct AffineMapTests {
    private let points = [(10.0, 20.0), (50.0, 22.0), (31.0, 44.0), (14.0, 61.0), (47.0, 63.0)]
        .map { PicturePlace(x: $0.0, y: $0.1) }

    private func isNear(_ one: PicturePlace, _ other: PicturePlace, _ slack: Double = 1e-6) -> Bool {
        abs(one.x - other.x) < slack && abs(one.y - other.y) < slack
    }

    @Test(arguments: [(1.0, 0.0), (0.25, 30.0), (3.5, -170.0), (1.0, 90.0)])
    func aSimilarityIsFoundAgain(scale: Double, degrees: Double) throws {
        let (a, b) = (scale * cos(degrees * .pi / 180), scale * sin(degrees * .pi / 180))
        let map = AffineMap(xx: a, xy: -b, x0: 7, yx: b, yy: a, y0: -300)
        let found = try #require(AffineMap.similarity(from: points, to: points.map { map($0) }))
        for point in points { #expect(isNear(found(point), map(point))) }
        let back = try #require(found.inverse)
        for point in points { #expect(isNear(back(found(point)), point)) }
    }

    @Test func itIsTheBestOneWherePointsDoNotFit() throws {
        // Against a search over all small changes: none is nearer.
        var moved = points
        moved[2].x += 9
        moved[4].y -= 5
        let best = try #require(AffineMap.similarity(from: points, to: moved))
        func distance(_ map: AffineMap) -> Double {
            zip(points, moved).reduce(0) { sum, pair in
                let place = map(pair.0)
                return sum + pow(place.x - pair.1.x, 2) + pow(place.y - pair.1.y, 2)
            }
        }
        for change in [(1e-3, 0.0, 0.0, 0.0), (0, 1e-3, 0, 0), (0, 0, 0.01, 0), (0, 0, 0, 0.01)] {
            for sign in [1.0, -1.0] {
                var other = best
                other.xx += sign * change.0
                other.yy += sign * change.0
                other.yx += sign * change.1
                other.xy -= sign * change.1
                other.x0 += sign * change.2
                other.y0 += sign * change.3
                #expect(distance(other) > distance(best))
            }
        }
    }

    @Test func aMirroredFaceIsTurnedAndNotMirrored() throws {
        let mirrored = points.map { PicturePlace(x: -$0.x, y: $0.y) }
        let map = try #require(AffineMap.similarity(from: points, to: mirrored))
        #expect(map.xx * map.yy - map.xy * map.yx > 0)
    }

    @Test func pointsThatAreNoFaceHaveNone() {
        let same = Array(repeating: PicturePlace(x: 5, y: 5), count: 5)
        let bad: [[PicturePlace]] = [
            same, [], [points[0]],
            points.map { PicturePlace(x: $0.x, y: .nan) }, points.map { PicturePlace(x: .infinity, y: $0.y) },
            points.map { PicturePlace(x: $0.x * 1e300, y: $0.y * 1e300) },
            points.map { PicturePlace(x: 5 + $0.x * 1e-9, y: 5) },
        ]
        for points in bad { #expect(AffineMap.similarity(from: points, to: self.points) == nil, "\(points)") }
        #expect(AffineMap.similarity(from: points, to: same) == nil, "it would shrink to a point")
        #expect(AffineMap(xx: 1, xy: 2, x0: 0, yx: 2, yy: 4, y0: 0).inverse == nil)
        #expect(AffineMap(xx: .nan).inverse == nil)
    }
}

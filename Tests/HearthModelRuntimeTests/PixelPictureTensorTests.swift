import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// What a graph sees of decoded pixels, against the plain way to compute it.
@Suite struct PixelPictureTensorTests {
    private static let plain = ImagePreprocessing(
        width: 1, height: 1, resize: .stretch, interpolation: .bilinear, scale: 1, background: [9, 8, 7])

    private static func picture(_ width: Int, _ height: Int, bands: Int = 3) -> PixelPicture {
        let bytes = (0..<(width * height * bands)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ ($0 >> 5) &* 11) }
        return PixelPicture(width: width, height: height, bands: bands, bytes: bytes)
    }

    private static func value(_ picture: PixelPicture, _ x: Int, _ y: Int, _ channel: Int) -> Double {
        let band = picture.bands == 1 ? 0 : channel
        return Double(picture.bytes[picture.origin + x * picture.across + y * picture.down + band])
    }

    /// One value, weighed from the four around a place; nil beyond the picture.
    private static func expected(_ picture: PixelPicture, _ place: PicturePlace, _ channel: Int) -> Double? {
        let (x, y) = (place.x - 0.5, place.y - 0.5)
        guard x >= -0.5, x <= Double(picture.width) - 0.5, y >= -0.5, y <= Double(picture.height) - 0.5 else {
            return nil
        }
        let (left, top) = (min(max(x, 0), Double(picture.width - 1)), min(max(y, 0), Double(picture.height - 1)))
        let (column, row) = (Int(left), Int(top))
        let (across, down) = (left - Double(column), top - Double(row))
        let (next, below) = (min(column + 1, picture.width - 1), min(row + 1, picture.height - 1))
        let upper = value(picture, column, row, channel) * (1 - across) + value(picture, next, row, channel) * across
        let lower =
            value(picture, column, below, channel) * (1 - across) + value(picture, next, below, channel) * across
        return upper * (1 - down) + lower * down
    }

    @Test(arguments: [
        AffineMap(), AffineMap(xx: 1, xy: 0, x0: -3, yx: 0, yy: 1, y0: 2),
        AffineMap(xx: 0.7, xy: 0.2, x0: 1.3, yx: -0.2, yy: 0.7, y0: 4.1),
        AffineMap(xx: 0, xy: 1, x0: 0, yx: -1, yy: 0, y0: 20), AffineMap(xx: 0.31, xy: 0, x0: 0, yx: 0, yy: 1.7, y0: 0),
        AffineMap(xx: 1, xy: 0, x0: 1_000, yx: 0, yy: 1, y0: -4_000),
    ])
    func eachPixelIsWeighedFromTheFourAroundIt(map: AffineMap) {
        for bands in [1, 3] {
            let picture = Self.picture(23, 20, bands: bands)
            let tensor = picture.tensor(Self.plain, width: 19, height: 17, map: map)
            #expect(tensor.shape == [3, 17, 19])
            for place in 0..<(3 * 17 * 19) {
                let (channel, pixel) = (place / (17 * 19), place % (17 * 19))
                let (x, y) = (Double(pixel % 19) + 0.5, Double(pixel / 19) + 0.5)
                let value = Self.expected(picture, map(PicturePlace(x: x, y: y)), channel) ?? Double(9 - channel)
                #expect(abs(Double(tensor.values[place]) - value) < 0.01, "\(place): \(tensor.values[place]) \(value)")
            }
        }
    }

    @Test func orderLayoutAndNumbersAreThoseOfTheModel() {
        let picture = PixelPicture(width: 2, height: 1, bands: 3, bytes: [1, 2, 3, 4, 5, 6])
        var image = Self.plain
        (image.channels, image.layout, image.scale) = (.bgr, .nhwc, 0.5)
        (image.mean, image.std) = ([1, 2, 3], [1, 2, 4])
        let tensor = picture.tensor(image, width: 3, height: 1, map: AffineMap())
        let numbers: [[Float]] = [[1, 2, 3], [4, 5, 6], [9, 8, 7]]
        let expected = numbers.flatMap { pixel in
            [2, 1, 0].map { (pixel[$0] * 0.5 - image.mean[$0]) / image.std[$0] }
        }
        #expect(tensor.shape == [1, 3, 3])
        for (value, other) in zip(tensor.values, expected) { #expect(abs(value - other) < 1e-6) }
    }

    @Test func aSmallerPictureLeavesNothingOut() {
        // One white pixel among 64 is seen in the mean, wherever it is; the map turns by a quarter.
        for place in 0..<64 {
            var bytes = [UInt8](repeating: 0, count: 64)
            bytes[place] = 255
            let picture = PixelPicture(width: 8, height: 8, bands: 1, bytes: bytes)
            let map = AffineMap(xx: 0, xy: 4, x0: 0, yx: -4, yy: 0, y0: 8)
            let sum = picture.tensor(Self.plain, width: 2, height: 2, map: map).values.prefix(4).reduce(0, +)
            #expect(abs(sum - 16) < 0.5, "255 in a block of 16 pixels: \(sum) at \(place)")
        }
    }

    @Test(arguments: [(2.0, 2.0), (1.3, 4.7), (6.5, 1), (1, 1.01)], [1, 3])
    func aReductionWeighsAllPixelsByTheirDistance(scale: (Double, Double), bands: Int) {
        let picture = Self.picture(41, 37, bands: bands)
        let (width, height) = (Int(41 / scale.0), Int(37 / scale.1))
        let map = AffineMap(xx: scale.0, xy: 0, x0: 0, yx: 0, yy: scale.1, y0: 0)
        let values = picture.tensor(Self.plain, width: width, height: height, map: map).values
        func weights(_ place: Int, _ step: Double, _ length: Int) -> [Double] {
            let middle = (Double(place) + 0.5) * step
            let values = (0..<length).map { max(0, 1 - abs(Double($0) + 0.5 - middle) / max(step, 1)) }
            return values.map { $0 / values.reduce(0, +) }
        }
        for place in stride(from: 0, to: 3 * width * height, by: 7) {
            let (channel, pixel) = (place / (width * height), place % (width * height))
            let across = weights(pixel % width, scale.0, 41)
            let down = weights(pixel / width, scale.1, 37)
            var expected = 0.0
            for y in 0..<37 where down[y] > 0 {
                for x in 0..<41 where across[x] > 0 {
                    expected += down[y] * across[x] * Self.value(picture, x, y, channel)
                }
            }
            #expect(abs(Double(values[place]) - expected) < 0.51, "\(place): \(values[place]) \(expected)")
        }
    }

    @Test func withoutAveragingOnlyFourPixelsCount() {
        let picture = PixelPicture(width: 8, height: 8, bands: 1, bytes: (0..<64).map { UInt8($0 == 0 ? 255 : 0) })
        let map = AffineMap(xx: 4, xy: 0, x0: 0, yx: 0, yy: 4, y0: 0)
        let values = picture.tensor(Self.plain, width: 2, height: 2, map: map, averages: false).values
        #expect(values.allSatisfy { $0 == 0 })
        #expect(picture.tensor(Self.plain, width: 2, height: 2, map: map).values[0] > 0)
    }

    @Test func aReductionLeavesTheMarginToTheBackground() {
        let picture = PixelPicture(width: 8, height: 8, bands: 1, bytes: Array(repeating: 200, count: 64))
        let map = AffineMap(xx: 2, xy: 0, x0: -4, yx: 0, yy: 2, y0: -2)
        let values = picture.tensor(Self.plain, width: 8, height: 8, map: map).values
        for place in 0..<64 {
            let isInside = (2..<6).contains(place % 8) && (1..<5).contains(place / 8)
            #expect(values[place] == (isInside ? 200 : 9), "\(place)")
        }
    }

    @Test func blocksAtTheEdgeAreOfWhatIsThere() {
        let picture = PixelPicture(width: 7, height: 5, bands: 1, bytes: Array(repeating: 200, count: 35))
        for scale in [2.0, 3.0, 6.9, 50] {
            let map = AffineMap(xx: scale, xy: 0, x0: 0, yx: 0, yy: scale, y0: 0)
            let side = max(1, Int(5 / scale))
            let values = picture.tensor(Self.plain, width: side, height: side, map: map).values
            #expect(values.allSatisfy { $0 == 200 || (scale == 50 && $0 < 10) }, "\(scale): \(values)")
        }
    }

    @Test func turnedPixelsAreReadWhereTheyLie() {
        // 1 2 3 / 4 5 6 turned clockwise is 4 1 / 5 2 / 6 3.
        let picture = PixelPicture(
            width: 2, height: 3, fullWidth: 2, fullHeight: 3, bands: 1, origin: 3, across: -3, down: 1,
            bytes: [1, 2, 3, 4, 5, 6])
        let values = picture.tensor(Self.plain, width: 2, height: 3, map: AffineMap()).values
        #expect(Array(values.prefix(6)) == [4, 1, 5, 2, 6, 3])
    }

    @Test(arguments: [
        AffineMap(xx: .nan), AffineMap(x0: .infinity), AffineMap(xx: 1e300, xy: 0, x0: -1e300, yx: 0, yy: 1e300, y0: 0),
        AffineMap(xx: 0, xy: 0, x0: .nan, yx: 0, yy: 0, y0: 0), AffineMap(x0: 1e18, y0: -1e18),
    ])
    func aMapThatLeadsNowhereShowsTheBackground(map: AffineMap) {
        let picture = Self.picture(5, 4)
        let values = picture.tensor(Self.plain, width: 6, height: 3, map: map).values
        #expect(values.count == 54 && values.allSatisfy { (0...255).contains($0) })
    }

    @Test func onePixelIsAPicture() {
        let picture = PixelPicture(width: 1, height: 1, bands: 3, bytes: [10, 20, 30])
        for scale in [0.01, 1, 40] {
            let map = AffineMap(xx: scale, xy: 0, x0: 0, yx: 0, yy: scale, y0: 0)
            let values = picture.tensor(Self.plain, width: 1, height: 1, map: map).values
            #expect(scale > 2 ? values == [9, 8, 7] || values == [10, 20, 30] : values == [10, 20, 30])
        }
    }
}

import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthVips

/// Pictures decoded to pixels, for what looks at several parts of one.
@Suite struct VipsPixelsTests {
    private func pixels(_ bytes: Data, keeping side: Int = 10_000, limit: Int = 100_000_000) throws -> PixelPicture {
        try VipsCodec().pixels(of: bytes, keeping: side, limit: limit) { true }
    }

    /// Red of each pixel, row by row, as people see it.
    private func red(_ picture: PixelPicture) -> [UInt8] {
        (0..<(picture.width * picture.height)).map { place in
            let (x, y) = (place % picture.width, place / picture.width)
            return picture.bytes[picture.origin + x * picture.across + y * picture.down]
        }
    }

    @Test(
        arguments: [
            (1, [1, 2, 3, 4, 5, 6]), (2, [3, 2, 1, 6, 5, 4]), (3, [6, 5, 4, 3, 2, 1]), (4, [4, 5, 6, 1, 2, 3]),
            (5, [1, 4, 2, 5, 3, 6]), (6, [4, 1, 5, 2, 6, 3]), (7, [6, 3, 5, 2, 4, 1]), (8, [3, 6, 2, 5, 1, 4]),
        ] as [(Int, [UInt8])])
    func everyOrientationIsReadUpright(orientation: Int, expected: [UInt8]) throws {
        let samples = (1...6).flatMap { value -> [UInt16] in [value, 0, 0] }
        let file = TIFFPicture(width: 3, height: 2, samples: samples, orientation: orientation)
        let picture = try pixels(file.bytes)
        #expect(red(picture) == expected && picture.bands == 3)
        #expect(picture.width == (orientation < 5 ? 3 : 2) && picture.height == (orientation < 5 ? 2 : 3))
        #expect(picture.fullWidth == picture.width && picture.fullHeight == picture.height)
    }

    @Test func greyHasOneBandAndTransparencyLiesOnWhite() throws {
        let grey = try pixels(TIFFPicture(width: 2, height: 1, samples: [7, 200], colour: .gray).bytes)
        #expect(grey.bands == 1 && red(grey) == [7, 200])
        let clear = try pixels(
            TIFFPicture(width: 2, height: 1, samples: [10, 20, 30, 255, 10, 20, 30, 0], hasAlpha: true).bytes)
        #expect(clear.bands == 3 && clear.bytes == [10, 20, 30, 255, 255, 255])
    }

    @Test func aPictureBeyondTheLimitIsMadeSmaller() throws {
        let file = TIFFPicture(width: 300, height: 200, samples: Array(repeating: 90, count: 180_000), orientation: 6)
        let picture = try pixels(file.bytes, limit: 15_000)
        #expect(picture.width == 100 && picture.height == 150, "\(picture.width) x \(picture.height)")
        #expect(picture.fullWidth == 200 && picture.fullHeight == 300)
        #expect(Set(red(picture)) == [90])
    }

    private static let photos = "data/faces/p01/img4.jpg"

    @Test(.enabled(if: SharedData.has(photos), Comment(rawValue: SharedData.reason(photos))))
    func aDecoderLeavesOutNoMoreThanIsAllowed() throws {
        let bytes = try Data(contentsOf: SharedData.url(Self.photos))
        let whole = try pixels(bytes)
        #expect(whole.width == 2_500 && whole.height == 1_728)
        for (side, width) in [(1_536, 2_500), (1_250, 1_250), (600, 625), (100, 312)] {
            let picture = try pixels(bytes, keeping: side)
            #expect(
                (width...(width + 1)).contains(picture.width) && picture.fullWidth == 2_500
                    && picture.fullHeight == 1_728, "\(side)")
        }
    }

    @Test func aPictureThatIsNotWantedIsNotDecoded() throws {
        let file = TIFFPicture(width: 64, height: 64, samples: Array(repeating: 1, count: 64 * 64 * 3))
        let error = #expect(throws: HearthError.self) {
            try VipsCodec().pixels(of: file.bytes, keeping: 100, limit: 10_000) { false }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(throws: HearthError.self) { try pixels(Data("no picture".utf8)) }
    }
}

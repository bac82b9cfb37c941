import HearthCore
import Testing

@testable import HearthVips

@Suite struct PictureResamplerTests {
    private func enlarged(
        _ pixels: [UInt8], _ width: Int, _ height: Int, to newWidth: Int, _ newHeight: Int,
        _ interpolation: ImagePreprocessing.Interpolation = .bicubic, bands: Int = 1
    ) throws -> [UInt8] {
        let resampler = try #require(PictureResampler(interpolation))
        return pixels.withUnsafeBufferPointer {
            resampler.enlarged($0, width: width, height: height, bands: bands, toWidth: newWidth, height: newHeight)
        }
    }

    /// Figures by Pillow 13.0.0, `Image.resize`.
    @Test(arguments: [
        (ImagePreprocessing.Interpolation.bicubic, [0, 51, 211, 255, 52, 72, 131, 151, 111, 92, 51, 32]),
        (.bilinear, [0, 64, 191, 255, 50, 76, 127, 153, 100, 88, 63, 50]),
        (.lanczos, [0, 55, 213, 255, 55, 74, 129, 148, 123, 92, 45, 14]),
    ]) func aPictureIsEnlargedAsTheReferenceDoes(
        interpolation: ImagePreprocessing.Interpolation, expected: [UInt8]
    ) throws {
        let pixels = try enlarged([0, 255, 100, 50], 2, 2, to: 4, 3, interpolation)
        for (pixel, expected) in zip(pixels, expected) { #expect(abs(Int(pixel) - Int(expected)) <= 1) }
        #expect(pixels.count == expected.count)
    }

    @Test func aMirroredPictureBecomesAMirroredPicture() throws {
        let row: [UInt8] = [3, 200, 17, 90, 255, 0, 41]
        let plain = try enlarged(row, 7, 1, to: 16, 1)
        let mirrored = try enlarged(row.reversed(), 7, 1, to: 16, 1)
        #expect(plain == mirrored.reversed())
    }

    @Test func oneColourStaysOneColour() throws {
        let pixels = try enlarged([7, 80, 200, 7, 80, 200], 2, 1, to: 5, 4, bands: 3)
        #expect(pixels == (0..<20).flatMap { _ in [7, 80, 200] as [UInt8] })
    }

    @Test func aPictureOfItsOwnSizeStaysAsItIs() throws {
        let pixels: [UInt8] = [0, 9, 255, 31, 77, 128]
        #expect(try enlarged(pixels, 3, 2, to: 3, 2) == pixels)
    }
}

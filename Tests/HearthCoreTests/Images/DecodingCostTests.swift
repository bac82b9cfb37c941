import Foundation
import HearthTesting
import Testing

@testable import HearthCore

/// What would cost a decoder too much is told from the structure of the file, before anything is decoded.
@Suite struct DecodingCostTests {
    private func refusal(_ bytes: Data) -> HearthError.Code? {
        do {
            _ = try ImageProbe.inspect(bytes)
            return nil
        } catch {
            return error.code
        }
    }

    /// A progressive JPEG whose scans say nothing new.
    private func progressive(
        _ width: Int, _ height: Int, scans: Int, components: Int = 1, marker: UInt8 = 0xC2
    ) -> Data {
        var frame = Data([8])
        frame.append(UInt16(height), bigEndian: true)
        frame.append(UInt16(width), bigEndian: true)
        frame.append(UInt8(components))
        for component in 0..<components { frame += [UInt8(component + 1), 0x11, 0] }
        let scan = JPEGMaker.segment(0xDA, [1, 1, 0, 0, 0, 0]) + [0x12]
        return [0xFF, 0xD8] + JPEGMaker.segment(marker, frame) + Data((0..<scans).flatMap { _ in scan }) + [0xFF, 0xD9]
    }

    @Test func aJPEGHasSoManyScansAndNotOneMore() throws {
        #expect(try ImageProbe.inspect(progressive(8, 8, scans: Limits.pictureScans)).scans == Limits.pictureScans)
        #expect(refusal(progressive(8, 8, scans: Limits.pictureScans + 1)) == .imageTooLarge)
        #expect(refusal(progressive(8, 8, scans: 5_000)) == .imageTooLarge)
    }

    @Test func aLargeJPEGHasFewerScans() {
        let most = Limits.scannedPixels / 49_000_000
        #expect(refusal(progressive(7_000, 7_000, scans: most)) == nil)
        #expect(refusal(progressive(7_000, 7_000, scans: most + 1)) == .imageTooLarge)
    }

    @Test func coefficientsThatAreKeptAreBounded() {
        // Two bytes a sample: 9,000 x 9,000 pixels take 162 MB in one channel and 486 in three.
        #expect(refusal(progressive(9_000, 9_000, scans: 2)) == nil)
        #expect(refusal(progressive(9_000, 9_000, scans: 2, components: 3)) == .imageTooLarge)
        #expect(refusal(progressive(9_000, 9_000, scans: 3, components: 3, marker: 0xC0)) == .imageTooLarge)
        #expect(refusal(progressive(9_000, 9_000, scans: 1, marker: 0xC0)) == nil, "line by line, nothing is kept")
    }

    @Test func samplingFactorsThatDoNotExistAreRefused() {
        for factor in [0x00, 0x01, 0x10, 0x51, 0x15, 0xFF] as [UInt8] {
            var file = progressive(8, 8, scans: 1)
            let frame = 2 + 4 + 7
            #expect(file[frame] == 0x11)
            file[frame] = factor
            #expect(refusal(file) == .invalidImage, "\(factor)")
        }
    }

    private func png(_ width: Int, _ height: Int, colour: UInt8, depth: UInt8, interlace: UInt8) -> Data {
        let header = PNGMaker.header(width, height, colour: colour, depth: depth, interlace: interlace)
        // As many bytes as a picture of this size needs at least.
        return PNGMaker.signature + PNGMaker.chunk("IHDR", header) + PNGMaker.chunk("PLTE", Data(count: 3))
            + PNGMaker.chunk("IDAT", Data(count: 600_000)) + PNGMaker.chunk("IEND", Data())
    }

    @Test func anInterlacedPNGIsHeldAsAWhole() {
        #expect(refusal(png(6_000, 6_000, colour: 2, depth: 16, interlace: 0)) == nil)
        #expect(refusal(png(6_000, 6_000, colour: 2, depth: 16, interlace: 1)) == .imageTooLarge)
        #expect(refusal(png(6_000, 6_000, colour: 6, depth: 16, interlace: 1)) == .imageTooLarge)
        #expect(refusal(png(6_000, 6_000, colour: 2, depth: 8, interlace: 1)) == nil)
        #expect(refusal(png(6_000, 6_000, colour: 3, depth: 1, interlace: 1)) == nil)
    }

    @Test func aGIFAndALosslessWebPAreHeldAsAWhole() {
        #expect(refusal(GIFMaker.picture(6_000, 6_000, frames: 1)) == nil)
        #expect(refusal(GIFMaker.picture(8_000, 8_000, frames: 1)) == .imageTooLarge)
        func lossless(_ side: UInt32) -> Data {
            var bits = Data([0x2F])
            bits.append(side - 1 | (side - 1) << 14, bigEndian: false)
            return WebPMaker.container(WebPMaker.chunk("VP8L", bits + [0, 0, 0]))
        }
        #expect(refusal(lossless(6_000)) == nil)
        #expect(refusal(lossless(8_000)) == .imageTooLarge)
        #expect(refusal(WebPMaker.container(WebPMaker.chunk("VP8 ", WebPMaker.lossy(8_000, 8_000)))) == nil)
    }

    @Test func theTilesOfATIFFMayNotBeLargerThanWhatIsHeld() {
        func tiled(_ width: UInt32, _ height: UInt32) -> Data { TIFFMaker.tiled(16, 16, tile: (width, height)) }
        #expect(refusal(tiled(16, 16)) == nil)
        #expect(refusal(tiled(8_192, 8_192)) == nil)
        #expect(refusal(tiled(16_384, 16_384)) == .imageTooLarge)
        #expect(refusal(tiled(.max, .max)) == .invalidImage)
        #expect(refusal(tiled(0, 16)) == .invalidImage)
    }

    @Test func tilesMayBeLargerThanThePictureButNotWithoutBound() throws {
        #expect(try ImageProbe.inspect(TIFFMaker.tiled(16, 16, tile: (64, 64))).scans == 16)
        // A column of pixels, with a gigapixel behind it.
        let column = try ImageProbe.inspect(TIFFMaker.tiled(1, 32_768, tile: (32_768, 16)))
        #expect(column.work(ofBytes: 0) == 32_768 * 32_768)
    }

    @Test func aJPEGInsideATIFFHasAScanForEachChannelAtMost() {
        let scan = Data([0xFF, 0xDA, 0x00, 0x00])
        func parts(_ count: Int, scans: Int, repeats: Bool = false) -> Data {
            TIFFMaker.jpegStrips((0..<count).map { _ in Data((0..<scans).flatMap { _ in scan }) }, repeats: repeats)
        }
        #expect(refusal(parts(1, scans: 4)) == nil)
        #expect(refusal(parts(1, scans: 5)) == .unsupportedMediaType)
        #expect(refusal(parts(3, scans: 4)) == nil)
        #expect(refusal(parts(40, scans: 4, repeats: true)) == .invalidImage, "40 parts that are the same bytes")
    }

    @Test func workIsPixelsTimesScansAndBytes() throws {
        #expect(try ImageProbe.inspect(progressive(100, 10, scans: 7)).work(ofBytes: 0) == 7_000)
        #expect(try ImageProbe.inspect(PNGMaker.picture(5, 3)).work(ofBytes: 100) == 215)
        let webp = WebPMaker.container(WebPMaker.chunk("VP8 ", WebPMaker.lossy(10, 10)))
        #expect(try ImageProbe.inspect(webp).work(ofBytes: 3 << 20) > Limits.largePicture, "much data, few pixels")
    }
}

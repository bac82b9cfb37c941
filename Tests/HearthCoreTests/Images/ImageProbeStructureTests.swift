import Foundation
import HearthTesting
import Testing

@testable import HearthCore

@Suite struct ImageProbeStructureTests {
    private func refusal(_ bytes: Data) -> String? {
        let error = #expect(throws: HearthError.self) { try ImageProbe.inspect(bytes) }
        #expect(error?.code == .invalidImage)
        return error?.message
    }

    // MARK: PNG

    private func png(_ chunks: (String, Data)...) -> Data {
        chunks.reduce(PNGMaker.signature) { $0 + PNGMaker.chunk($1.0, $1.1) }
    }

    @Test func pngNeedsItsChunksInOrder() {
        let header = PNGMaker.header(4, 4)
        let data = Data(repeating: 1, count: 30)
        #expect(refusal(png(("IDAT", data), ("IHDR", header), ("IEND", Data())))?.contains("does not start") == true)
        #expect(refusal(png(("IHDR", header), ("IEND", Data())))?.contains("no picture data") == true)
        #expect(refusal(png(("IHDR", header), ("IHDR", header), ("IEND", Data())))?.contains("two headers") == true)
        #expect(refusal(png(("IHDR", header), ("IDAT", data)))?.contains("truncated") == true)
        let palette = PNGMaker.header(4, 4, colour: 3)
        #expect(refusal(png(("IHDR", palette), ("IDAT", data), ("IEND", Data())))?.contains("no palette") == true)
    }

    @Test(
        arguments: [(1, 8, 0), (5, 8, 0), (2, 4, 0), (3, 16, 0), (0, 3, 0), (7, 8, 0), (0, 8, 2)]
            as [(UInt8, UInt8, UInt8)])
    func pngRefusesHeadersThatTheStandardDoesNotHave(colour: UInt8, depth: UInt8, interlace: UInt8) {
        let header = PNGMaker.header(4, 4, colour: colour, depth: depth, interlace: interlace)
        let file = png(("IHDR", header), ("IDAT", Data(repeating: 1, count: 30)), ("IEND", Data()))
        #expect(refusal(file)?.contains("do not exist") == true)
    }

    @Test func pngRefusesDataTooShortForItsPixels() throws {
        func file(_ bytes: Int) -> Data {
            let data = Data(repeating: 1, count: bytes)
            return png(("IHDR", PNGMaker.header(8_000, 8_000)), ("IDAT", data), ("IEND", Data()))
        }
        #expect(refusal(file(60_000))?.contains("too short") == true)
        #expect(try ImageProbe.inspect(file(63_000)).width == 8_000)
    }

    @Test func pngFindsEveryFlippedBit() {
        let bytes = PNGMaker.picture(5, 3)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                #expect(throws: HearthError.self) { try ImageProbe.inspect(damaged) }
            }
        }
    }

    // MARK: JPEG

    private static let scan = JPEGMaker.segment(0xDA, [1, 1, 0, 0, 63, 0])

    private func jpeg(_ parts: Data...) -> Data { parts.reduce(Data([0xFF, 0xD8]), +) }

    @Test func jpegUnderstandsStuffingRestartsFillBytesAndManyScans() throws {
        let scan = Self.scan + [1, 0xFF, 0x00, 2, 0xFF, 0xD3, 3, 0xFF, 0xFF, 0xFF]
        let file = jpeg(
            Data([0xFF, 0xFF, 0xFF, 0x01]), JPEGMaker.frame(9, 9, marker: 0xC2), scan.dropLast(),
            JPEGMaker.segment(0xC4, [0]),
            scan, Data([0xD9]))
        #expect(try ImageProbe.inspect(file) == ImageHeader(format: .jpeg, width: 9, height: 9, scans: 2))
    }

    @Test func jpegRefusesMarkersInTheWrongPlace() {
        let frame = JPEGMaker.frame(8, 8)
        let end = Data([0xFF, 0xD9])
        let data = Data([0x3F])
        #expect(refusal(jpeg(end))?.contains("no frame") == true)
        #expect(refusal(jpeg(frame, end))?.contains("no picture data") == true)
        #expect(refusal(jpeg(Self.scan, data, end))?.contains("before the frame") == true)
        #expect(refusal(jpeg(frame, frame, Self.scan, data, end))?.contains("two frames") == true)
        #expect(refusal(jpeg(frame, Self.scan, end))?.contains("no data") == true)
        #expect(refusal(jpeg(frame, Self.scan, data))?.contains("truncated") == true)
        #expect(refusal(jpeg(frame, Self.scan, data, Data([0xFF])))?.contains("truncated") == true)
        #expect(refusal(jpeg(frame, Self.scan, data, Data([0xFF, 0x5A]), end))?.contains("no marker FF5A") == true)
        #expect(refusal(jpeg(Data([0xFF, 0xE0, 0, 1]), frame))?.contains("shorter than its header") == true)
        #expect(refusal(jpeg(JPEGMaker.segment(0xC0, [8, 0, 1]), end))?.contains("too short") == true)
        #expect(
            refusal(jpeg(JPEGMaker.segment(0xC0, [8, 0, 1, 0, 1, 2, 1, 0x11, 0]), end))?.contains("frame header")
                == true)
        #expect(
            refusal(jpeg(frame, JPEGMaker.segment(0xDA, [2, 1, 0, 2, 0, 0, 63, 0]), data, end))?.contains("scan header")
                == true)
    }

    /// Bytes between segments that belong to none, as some cameras leave them; decoders pass over them.
    @Test(arguments: [
        Data([0x3F]), Data([0xFF, 0x00]), Data([0, 1, 2, 0xFF, 0x00, 0xFF, 0x00, 7]), Data([0xFF, 0xD2]),
    ])
    func jpegPassesOverWhatIsBetweenSegments(junk: Data) throws {
        let (frame, end) = (JPEGMaker.frame(8, 8), Data([0xFF, 0xD9]))
        let header = ImageHeader(format: .jpeg, width: 8, height: 8)
        #expect(try ImageProbe.inspect(jpeg(junk, frame, Self.scan, Data([1]), end)) == header)
        #expect(try ImageProbe.inspect(jpeg(frame, junk, Self.scan, Data([1]), end)) == header)
        // What is cut off stays refused, however much stands at its end.
        #expect(refusal(jpeg(frame, junk))?.contains("truncated") == true)
        #expect(refusal(jpeg(frame, Self.scan, Data([1]), junk))?.contains("truncated") == true)
    }

    @Test func jpegNamesTheKindsThatAreNotSupported() {
        for marker in [0xC3, 0xC5, 0xC7, 0xCB, 0xCF] as [UInt8] {
            let error = #expect(throws: HearthError.self) {
                try ImageProbe.inspect(jpeg(JPEGMaker.frame(8, 8, marker: marker), Self.scan, Data([1, 0xFF, 0xD9])))
            }
            #expect(error?.code == .unsupportedMediaType)
        }
    }

    @Test(arguments: 0...9)
    func jpegReadsTheOrientationAndIgnoresWrongOnes(orientation: Int) throws {
        let header = try ImageProbe.inspect(JPEGMaker.picture(8, 8, orientation: orientation))
        #expect(header.orientation == ((1...8).contains(orientation) ? orientation : nil))
    }

    @Test func jpegIgnoresDamagedEXIF() throws {
        var random = RepeatableRandom(seed: 42)
        let exif = TIFFMaker.exif(orientation: 6)
        for round in 0..<500 {
            let damaged = JPEGMaker.segment(0xE1, Data("Exif\0\0".utf8) + random.damaged(exif))
            let file = jpeg(damaged, JPEGMaker.frame(8, 8), Self.scan, Data([0x3F, 0xFF, 0xD9]))
            #expect(throws: Never.self, "seed \(random.seed), round \(round)") { try ImageProbe.inspect(file) }
        }
    }

    /// Whole files that the decoder does not read: saved in another way they would be taken, sent again they would not.
    @Test(
        arguments: [
            ([258: 12], "12 bits"), ([258: 24], "24 bits"), ([262: 2, 277: 3, 258: 4], "4 bits"), ([339: 6], "8 bits"),
            ([259: 6], "old form"), ([259: 9_999], "compression 9999"), ([262: 6, 277: 3], "chroma"),
            ([262: 32_803], "sensor"), ([258: 16, 262: 3], "16 bits"), ([258: 32, 262: 8, 277: 3], "32 bits"),
        ] as [([UInt16: UInt32], String)])
    func tiffOfAnotherKindIsNotCalledDamaged(fields: [UInt16: UInt32], kind: String) throws {
        let error = #expect(throws: HearthError.self) { try ImageProbe.inspect(TIFFMaker.strip(fields)) }
        #expect(
            error?.code == .unsupportedMediaType && error?.message.contains(kind) == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            [:], [258: 1], [258: 4, 262: 0], [258: 16], [258: 32, 339: 3], [258: 64, 339: 3], [262: 2, 277: 3],
            [262: 3], [262: 8, 277: 3], [259: 5], [259: 8], [262: 6, 277: 3, 259: 7], [339: 4],
        ] as [[UInt16: UInt32]])
    func tiffOfAKindThatIsReadPasses(fields: [UInt16: UInt32]) throws {
        #expect(try ImageProbe.inspect(TIFFMaker.strip(fields)).format == .tiff)
    }

    // MARK: GIF, WebP, TIFF

    @Test func gifNeedsFramesBlocksAndTrailer() {
        let start = GIFMaker.picture(4, 4, frames: 0).dropLast()
        #expect(refusal(start + [0x3B])?.contains("no frame") == true)
        #expect(refusal(start)?.contains("truncated") == true)
        #expect(refusal(start + [0x17])?.contains("no block 23") == true)
        let frame = Data([0x2C, 0, 0, 0, 0, 4, 0, 4, 0, 0])
        #expect(refusal(start + frame + [13, 1, 1, 0, 0x3B])?.contains("code size") == true)
        #expect(refusal(start + frame + [2, 0, 0x3B])?.contains("no data") == true)
        #expect(refusal(start + [0x2C, 0, 0, 0, 0, 0, 0, 4, 0, 0, 2, 1, 1, 0, 0x3B])?.contains("0 x 4") == true)
        let far = #expect(throws: HearthError.self) {
            try ImageProbe.inspect(start + [0x2C, 0xFF, 0xFF, 0, 0, 4, 0, 4, 0, 0, 2, 1, 1, 0, 0x3B])
        }
        #expect(far?.code == .imageTooLarge)
    }

    /// Bytes that begin no block end a GIF whose first frame is whole: others read these too, and so does the decoder.
    @Test func aGIFEndsAtWhatIsNoBlock() throws {
        let whole = GIFMaker.picture(4, 4, frames: 1)
        for junk in [Data("GIF89a".utf8), Data(count: 40), Data([0x17])] {
            let header = try ImageProbe.inspect(whole.dropLast() + junk)
            #expect(header == ImageHeader(format: .gif, width: 4, height: 4))
        }
        #expect(refusal(whole.dropLast())?.contains("truncated") == true, "a cut stays a cut")
        #expect(refusal(whole.dropLast() + [0x2C, 0, 0])?.contains("truncated") == true)
    }

    @Test func webpReadsLossySizes() throws {
        let file = WebPMaker.container(WebPMaker.chunk("VP8 ", WebPMaker.lossy(300, 200)))
        #expect(try ImageProbe.inspect(file) == ImageHeader(format: .webp, width: 300, height: 200))
    }

    @Test func webpRefusesWhatDoesNotFitTogether() {
        let pixel = WebPMaker.chunk("VP8L", WebPMaker.pixel)
        let header = WebPMaker.header(flags: 0)
        #expect(refusal(WebPMaker.container(header))?.contains("no picture data") == true)
        #expect(
            refusal(WebPMaker.container(WebPMaker.chunk("ICCP", Data(count: 8))))?.contains("no picture data") == true)
        #expect(
            refusal(WebPMaker.container(WebPMaker.header(flags: 0, width: 2) + pixel))?.contains("not of the size")
                == true)
        #expect(refusal(WebPMaker.container(pixel).dropLast())?.contains("truncated") == true)
        #expect(refusal(WebPMaker.container(header + pixel.dropLast(4)))?.contains("truncated") == true)
        var inter = WebPMaker.lossy(8, 8)
        inter[0] |= 1
        #expect(refusal(WebPMaker.container(WebPMaker.chunk("VP8 ", inter)))?.contains("key frame") == true)
        var long = WebPMaker.lossy(8, 8)
        long[1] = 1
        #expect(refusal(WebPMaker.container(WebPMaker.chunk("VP8 ", long)))?.contains("truncated") == true)
        let frame = Data([1, 0, 0]) + Data(count: 13) + pixel
        #expect(refusal(WebPMaker.container(header + WebPMaker.chunk("ANMF", frame)))?.contains("outside") == true)
        #expect(
            refusal(WebPMaker.container(header + WebPMaker.chunk("ANMF", Data(count: 16))))?.contains("no data") == true
        )
    }

    @Test func tiffNeedsItsDataWithinTheFile() throws {
        let file = TIFFMaker.picture(7, 5, bigEndian: false)
        #expect(refusal(TIFFMaker.header(false, directory: 8))?.contains("truncated") == true)
        #expect(refusal(TIFFMaker.header(true, directory: 0))?.contains("truncated") == true)
        // The same directory for a picture of a third of the bytes: compressed it may be right, raw it is not.
        var wide = file
        let width = try #require(wide.range(of: Data([0, 1, 4, 0, 1, 0, 0, 0, 7])))
        wide[width.upperBound - 1] = 21
        #expect(refusal(wide)?.contains("too short") == true)
        var packed = TIFFMaker.picture(7, 5, bigEndian: false, compression: 5)
        packed[width.upperBound - 1] = 21
        #expect(try ImageProbe.inspect(packed).width == 21)
    }
}

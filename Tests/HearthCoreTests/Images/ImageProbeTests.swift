import Foundation
import HearthTesting
import Testing

@testable import HearthCore

@Suite struct ImageProbeTests {
    private func code(_ bytes: Data) -> HearthError.Code? {
        #expect(throws: HearthError.self) { try ImageProbe.inspect(bytes) }?.code
    }

    @Test(arguments: SampleImages.all)
    func readsTheHeaderOfEveryFormat(sample: SampleImages.Sample) throws {
        #expect(try ImageProbe.inspect(sample.bytes) == sample.header)
    }

    @Test(arguments: SampleImages.all)
    func readsASliceOfLargerData(sample: SampleImages.Sample) throws {
        #expect(try ImageProbe.inspect((Data("junk".utf8) + sample.bytes).dropFirst(4)) == sample.header)
    }

    @Test(arguments: SampleImages.all)
    func acceptsGarbageBehindTheEndMarker(sample: SampleImages.Sample) throws {
        #expect(try ImageProbe.inspect(sample.bytes + Data(repeating: 0xFF, count: 5_000)) == sample.header)
    }

    @Test func refusesNoBytes() {
        let error = #expect(throws: HearthError.self) { try ImageProbe.inspect(Data()) }
        #expect(error?.code == .invalidImage)
        #expect(error?.message.contains("0 bytes") == true)
    }

    @Test(arguments: [
        ("BM" + String(repeating: "\u{30}", count: 60), "BMP"), ("%PDF-1.7\n", "PDF"), ("\0\0\0\u{18}ftypheic", "HEIC"),
        ("\0\0\0\u{18}ftypavif", "AVIF"), ("\0\0\0\u{18}ftypisom", "Video"), ("8BPS\0\u{1}", "PSD"),
        ("II+\0", "BigTIFF"),
        ("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG"),
        ("\u{FEFF}<?xml version=\"1.0\"?>\n<!-- --><SVG>", "SVG"),
        ("\n <!DOCTYPE html><p>", "HTML"), ("<html><body>404", "HTML"), ("\0\0\u{1}\0", "ICO"),
    ])
    func namesKindsOfFilesThatAreNotSupported(text: String, name: String) {
        let error = #expect(throws: HearthError.self) { try ImageProbe.inspect(Data(text.utf8)) }
        #expect(error?.code == .unsupportedMediaType)
        #expect(error?.message.contains(name) == true)
        #expect(error?.hint?.contains("JPEG, PNG, WebP, GIF and TIFF") == true)
    }

    @Test(arguments: ["hello", "{\"a\":1}", "<xml/>", "\u{1}\u{2}\u{3}", "B", "BM", "RIFF\0\0\0\0WAVE", "GIF88a", "\0"])
    func refusesWhatIsNoImage(text: String) {
        let error = #expect(throws: HearthError.self) { try ImageProbe.inspect(Data(text.utf8)) }
        #expect(error?.code == .invalidImage)
        #expect(error?.hint?.contains("JPEG, PNG, WebP, GIF and TIFF") == true)
    }

    @Test func refusesSizesBeyondTheLimits() {
        let side = Limits.imageSide
        for (width, height) in [
            (side + 1, 1), (1, side + 1), (side, side), (0x7FFF_FFFF, 0x7FFF_FFFF), (10_001, 10_000),
        ] {
            let png = PNGMaker.signature + PNGMaker.chunk("IHDR", PNGMaker.header(width, height))
            #expect(code(png) == .imageTooLarge)
            guard width < 65_536, height < 65_536 else { continue }
            let start = Data([0xFF, 0xD8])
            #expect(code(start + JPEGMaker.frame(width, height)) == .imageTooLarge)
        }
        #expect(
            code(WebPMaker.container(WebPMaker.header(flags: 0, width: 1 << 24, height: 1 << 24))) == .imageTooLarge)
        #expect(code(WebPMaker.container(WebPMaker.chunk("VP8 ", WebPMaker.lossy(16_383, 16_383)))) == .imageTooLarge)
    }

    @Test func acceptsTheLongestSide() throws {
        let bytes = PNGMaker.picture(Limits.imageSide, 1)
        #expect(try ImageProbe.inspect(bytes).width == Limits.imageSide)
    }

    @Test func refusesSizesOfZero() {
        for (width, height) in [(0, 1), (1, 0), (0, 0)] {
            #expect(code(PNGMaker.picture(width, height)) == .invalidImage)
            #expect(code(JPEGMaker.picture(width, height)) == .invalidImage)
            #expect(code(GIFMaker.picture(width, height, frames: 1)) == .invalidImage)
            #expect(code(WebPMaker.container(WebPMaker.chunk("VP8 ", WebPMaker.lossy(width, height)))) == .invalidImage)
            #expect(code(TIFFMaker.picture(width, height, bigEndian: true)) == .invalidImage)
        }
    }

    @Test func checksumsAgreeWithTheStandardsExampleAndWithTheSlowWay() {
        #expect(Data("123456789".utf8).withUnsafeBytes { CRC32.checksum($0) } == 0xCBF4_3926)
        var random = RepeatableRandom(seed: 41)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            var slow: UInt32 = ~0
            for byte in bytes {
                slow ^= UInt32(byte)
                for _ in 0..<8 { slow = slow & 1 == 0 ? slow >> 1 : slow >> 1 ^ 0xEDB8_8320 }
            }
            #expect(bytes.withUnsafeBytes { CRC32.checksum($0) } == ~slow, "seed \(random.seed), length \(length)")
        }
    }
}

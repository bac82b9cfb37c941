import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthVips

@Suite struct VipsCodecTests {
    /// Reads pixels as they are: no scaling of values, planes R, G, B.
    private static func plain(
        width: Int, height: Int, resize: ImagePreprocessing.Resize = .stretch,
        interpolation: ImagePreprocessing.Interpolation = .bicubic
    ) -> ImagePreprocessing {
        ImagePreprocessing(width: width, height: height, resize: resize, interpolation: interpolation, scale: 1)
    }

    private func code(of bytes: Data) throws -> HearthError.Code? {
        let codec = try VipsCodec()
        do {
            _ = try codec.decode(bytes, for: Self.plain(width: 8, height: 8))
            return nil
        } catch let error as HearthError {
            return error.code
        }
    }

    @Test func pictureOfTheRightSizeComesThroughPixelByPixel() throws {
        let picture = TIFFPicture(width: 2, height: 2, samples: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        var preprocessing = Self.plain(width: 2, height: 2)
        let codec = try VipsCodec()
        let planar = try codec.decode(picture.bytes, for: preprocessing)
        #expect(planar == Tensor(shape: [3, 2, 2], values: [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12]))
        preprocessing.layout = .nhwc
        preprocessing.channels = .bgr
        let packed = try codec.decode(picture.bytes, for: preprocessing)
        #expect(packed == Tensor(shape: [2, 2, 3], values: [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]))
    }

    @Test func valuesAreScaledThenCentredThenDividedByChannel() throws {
        let picture = TIFFPicture(width: 1, height: 1, samples: [51, 102, 255])
        var preprocessing = Self.plain(width: 1, height: 1)
        preprocessing.scale = 1 / 255
        preprocessing.mean = [0.1, 0.2, 0.5]
        preprocessing.std = [0.5, 0.25, 0.5]
        let tensor = try VipsCodec().decode(picture.bytes, for: preprocessing)
        for (value, expected) in zip(tensor.values, [0.2, 0.8, 1.0] as [Float]) {
            #expect(abs(value - expected) < 1e-6)
        }
    }

    @Test(arguments: [
        (1, [1, 2, 3, 4, 5, 6]), (2, [3, 2, 1, 6, 5, 4]), (3, [6, 5, 4, 3, 2, 1]), (4, [4, 5, 6, 1, 2, 3]),
    ])
    func lyingOrientationsComeOutUpright(orientation: Int, expected: [Float]) throws {
        #expect(try upright(orientation, width: 3, height: 2) == expected)
    }

    @Test(arguments: [
        (5, [1, 4, 2, 5, 3, 6]), (6, [4, 1, 5, 2, 6, 3]), (7, [6, 3, 5, 2, 4, 1]), (8, [3, 6, 2, 5, 1, 4]),
    ])
    func turnedOrientationsComeOutUpright(orientation: Int, expected: [Float]) throws {
        #expect(try upright(orientation, width: 2, height: 3) == expected)
    }

    /// The red plane of the picture 1 2 3 / 4 5 6, stored with an orientation.
    private func upright(_ orientation: Int, width: Int, height: Int) throws -> [Float] {
        let samples = (1...6).flatMap { value -> [UInt16] in [value, 0, 0] }
        let picture = TIFFPicture(width: 3, height: 2, samples: samples, orientation: orientation)
        let tensor = try VipsCodec().decode(picture.bytes, for: Self.plain(width: width, height: height))
        return Array(tensor.values.prefix(6))
    }

    @Test func coverKeepsTheCentreAndItsAspect() throws {
        // Left and right thirds black, the middle white.
        let row = (0..<96 * 3).map { (96..<192).contains($0) ? 255 : 0 as UInt16 }
        let picture = TIFFPicture(width: 96, height: 32, samples: Array(repeating: row, count: 32).flatMap(\.self))
        let tensor = try VipsCodec().decode(picture.bytes, for: Self.plain(width: 16, height: 16, resize: .cover))
        #expect(tensor.values.allSatisfy { $0 == 255 })
    }

    @Test func letterboxFillsTheRestWithTheBackground() throws {
        let picture = TIFFPicture(
            width: 64, height: 32, samples: Array(repeating: 200, count: 64 * 32 * 3))
        var preprocessing = Self.plain(width: 16, height: 16, resize: .letterbox)
        preprocessing.background = [10, 20, 30]
        let tensor = try VipsCodec().decode(picture.bytes, for: preprocessing)
        for channel in 0..<3 {
            let plane = tensor.values[(channel * 256)..<((channel + 1) * 256)]
            let rows = stride(from: plane.startIndex, to: plane.endIndex, by: 16).map { plane[$0..<($0 + 16)] }
            for (y, row) in rows.enumerated() {
                let expected: Float = (4..<12).contains(y) ? 200 : preprocessing.background[channel]
                #expect(row.allSatisfy { abs($0 - expected) <= 1 }, "channel \(channel), row \(y)")
            }
        }
    }

    @Test func transparentPixelsTakeTheBackgroundAndDoNotBleed() throws {
        // Left half opaque red, right half invisible green.
        let row: [UInt16] = (0..<32).flatMap { x -> [UInt16] in x < 16 ? [255, 0, 0, 255] : [0, 255, 0, 0] }
        let samples = Array(repeating: row, count: 32).flatMap(\.self)
        let picture = TIFFPicture(width: 32, height: 32, samples: samples, hasAlpha: true)
        var preprocessing = Self.plain(width: 8, height: 8)
        preprocessing.background = [0, 0, 255]
        let tensor = try VipsCodec().decode(picture.bytes, for: preprocessing)
        #expect(tensor.values[64..<128].allSatisfy { $0 <= 1 }, "no green anywhere")
        #expect(tensor.values[0] == 255)
        #expect(tensor.values[128 + 7] == 255)
    }

    @Test func sixteenBitGrayBecomesEightBitInAllChannels() throws {
        let picture = TIFFPicture(
            width: 2, height: 1, samples: [0, 65_535], colour: .gray, bits: 16)
        let tensor = try VipsCodec().decode(picture.bytes, for: Self.plain(width: 2, height: 1))
        #expect(tensor.values == [0, 255, 0, 255, 0, 255])
    }

    @Test func cmykBecomesRGB() throws {
        // No ink is white, full cyan has hardly any red.
        let picture = TIFFPicture(width: 2, height: 1, samples: [0, 0, 0, 0, 255, 0, 0, 0], colour: .cmyk)
        let values = try VipsCodec().decode(picture.bytes, for: Self.plain(width: 2, height: 1)).values
        #expect(values[0] > 240 && values[2] > 240 && values[4] > 240)
        #expect(values[1] < 60 && values[5] > 150)
    }

    @Test func onePixelBecomesAWholePicture() throws {
        let picture = TIFFPicture(width: 1, height: 1, samples: [9, 8, 7])
        for resize in ImagePreprocessing.Resize.allCases {
            for interpolation in ImagePreprocessing.Interpolation.allCases {
                let tensor = try VipsCodec().decode(
                    picture.bytes, for: Self.plain(width: 16, height: 16, resize: resize, interpolation: interpolation))
                #expect(tensor.values.prefix(256).allSatisfy { $0 == 9 }, "\(resize) \(interpolation)")
            }
        }
    }

    @Test func tooManyPixelsAreRefusedFromTheHeader() throws {
        for (width, height) in [(20_000, 20_000), (40_000, 1), (1, 40_000)] {
            var picture = TIFFPicture(width: 1, height: 1, samples: [1, 2, 3])
            picture.width = width
            picture.height = height
            #expect(try code(of: picture.bytes) == .imageTooLarge, "\(width) x \(height)")
        }
    }

    @Test func missingPixelsAreAnError() throws {
        let picture = TIFFPicture(width: 64, height: 64, samples: Array(repeating: 5, count: 64 * 64 * 3))
        #expect(try code(of: picture.bytes.dropLast(6_000)) == .invalidImage)
    }

    @Test(arguments: [
        ("", HearthError.Code.invalidImage), ("404 not found", .invalidImage),
        ("<html>404</html>", .unsupportedMediaType), ("%PDF-1.7", .unsupportedMediaType),
        ("BM plus more bytes, enough for a header", .unsupportedMediaType),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", .unsupportedMediaType),
        ("<?xml version='1.0'?><svg/>", .unsupportedMediaType),
        ("\0\0\0\u{18}ftypheic", .unsupportedMediaType), ("GIF89a", .invalidImage), ("RIFF\0\0\0\0WEBP", .invalidImage),
    ])
    func bytesThatAreNoAcceptedPictureAreRefusedByContent(text: String, expected: HearthError.Code) throws {
        #expect(try code(of: Data(text.utf8)) == expected)
    }

    @Test func slicedDataIsReadFromItsOwnStart() throws {
        let picture = TIFFPicture(width: 2, height: 1, samples: [1, 2, 3, 4, 5, 6]).bytes
        let slice = (Data([0, 0, 0]) + picture).dropFirst(3)
        let tensor = try VipsCodec().decode(slice, for: Self.plain(width: 2, height: 1))
        #expect(tensor.values == [1, 4, 2, 5, 3, 6])
    }

    @Test(arguments: 1...4)
    func damagedBytesAreAPictureOrAnErrorAndNeverACrash(seed: UInt64) throws {
        let folder = TestFolders.goldens.appendingPathComponent("scatter")
        var originals = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { $0.hasSuffix(".png") }.map { try Data(contentsOf: folder.appendingPathComponent($0)) }
        originals.append(TIFFPicture(width: 20, height: 20, samples: Array(repeating: 7, count: 1_200)).bytes)
        try damage(originals, seed: seed)
    }

    @Test(
        .enabled(if: SharedData.has(brokenImages), Comment(rawValue: SharedData.reason(brokenImages))),
        arguments: 1...4)
    func damagedBytesOfBrokenPicturesAreAPictureOrAnErrorToo(seed: UInt64) throws {
        let folder = SharedData.url(Self.brokenImages)
        let originals = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { !$0.hasPrefix("bomb") }.map { try Data(contentsOf: folder.appendingPathComponent($0)) }
        try damage(originals, seed: seed)
    }

    private static let brokenImages = "data/broken-images"

    /// Decodes damaged copies of pictures: each is a picture or an error.
    private func damage(_ originals: [Data], seed: UInt64) throws {
        // A linear congruential generator (Knuth's constants): the seed in the test's name repeats a failure.
        var state = seed
        func random(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, limit)
        }
        let codec = try VipsCodec()
        var outcomes: Set<String> = []
        for round in 0..<300 {
            var bytes = originals[round % originals.count]
            for _ in 0...random(below: 6) where !bytes.isEmpty {
                bytes[random(below: bytes.count)] = UInt8(random(below: 256))
            }
            if random(below: 4) == 0 { bytes = bytes.prefix(random(below: bytes.count)) }
            do {
                let tensor = try codec.decode(bytes, for: Self.plain(width: 32, height: 32, resize: .cover))
                #expect(tensor.values.count == 3 * 32 * 32 && tensor.values.allSatisfy { (0...255).contains($0) })
                outcomes.insert("picture")
            } catch let error as HearthError {
                #expect([.invalidImage, .imageTooLarge, .unsupportedMediaType].contains(error.code), "\(error)")
                outcomes.insert(error.code.rawValue)
            }
        }
        #expect(outcomes.isSuperset(of: ["picture", "invalid_image"]))
    }

    @Test func aPictureThatIsNotWantedAnyMoreIsDecodedNoFurther() throws {
        let picture = TIFFPicture(width: 64, height: 640, samples: (0..<122_880).map { UInt16($0 % 256) }).bytes
        let preprocessing = Self.plain(width: 64, height: 640)
        var asked = 0
        let error = #expect(throws: HearthError.self) {
            try VipsCodec().decode(picture, for: preprocessing) {
                asked += 1
                return asked < 5
            }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(asked == 5)
        asked = 0
        let whole = try VipsCodec().decode(picture, for: preprocessing) {
            asked += 1
            return true
        }
        #expect(asked > 40, "before each strip of sixteen rows, and before each piece of the file")
        #expect(whole == (try VipsCodec().decode(picture, for: preprocessing)))
    }

    @Test func picturesDecodedSideBySideAreTheSameAsAlone() async throws {
        let codec = try VipsCodec()
        let good = TIFFPicture(width: 40, height: 30, samples: (0..<3_600).map { UInt16($0 % 256) }).bytes
        let bad = good.dropLast(2_000)
        let preprocessing = Self.plain(width: 20, height: 20, resize: .cover)
        let alone = try codec.decode(good, for: preprocessing)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let tensor = try? codec.decode(index % 2 == 0 ? good : bad, for: preprocessing)
                    return tensor == (index % 2 == 0 ? alone : nil)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 200)
        #expect(outcomes.allSatisfy { $0 })
    }
}

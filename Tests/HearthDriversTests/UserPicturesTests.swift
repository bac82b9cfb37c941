import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthVips

/// Pictures as cameras, scanners and drawing programs write them: whole, if unusual.
@Suite struct UserPicturesTests {
    private static let folder = "data/user-files"
    private static let preprocessing = ImagePreprocessing(width: 16, height: 16, scale: 1)

    private func decode(_ bytes: Data) throws -> Tensor { try VipsCodec().decode(bytes, for: Self.preprocessing) }

    private func shared(_ name: String) throws -> Data {
        try Data(contentsOf: SharedData.url("\(Self.folder)/\(name)"))
    }

    /// Mean difference of two pictures, 0 to 255.
    private func difference(_ left: Tensor, _ right: Tensor) -> Float {
        zip(left.values, right.values).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(left.values.count)
    }

    @Test(arguments: [Data([0xFF, 0x00]), Data([0x3F, 0x00, 0x41]), Data([0xFF, 0x00, 0xFF, 0x00, 0x12])])
    func bytesBetweenTheSegmentsOfAJPEGChangeNothing(junk: Data) throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Samples/comet-crew/bolt-cat/view-1.jpg").standardizedFileURL
        let plain = try Data(contentsOf: path)
        // Behind the first segment.
        let length = Int(plain[4]) << 8 | Int(plain[5])
        let unusual = plain[..<(4 + length)] + junk + plain[(4 + length)...]
        #expect(try decode(Data(unusual)) == decode(plain))
        #expect(throws: HearthError.self) { try decode(Data(unusual.prefix(unusual.count / 2))) }
    }

    /// Lab is packed into four bytes a pixel, of which none is alpha.
    @Test func labIsConvertedBeforeAlphaIsAskedFor() throws {
        // L* 60 with a* and b* of 0, then a strong red: known colours of sRGB.
        let picture = TIFFPicture(
            width: 2, height: 1, samples: [153, 0, 0, 136, 80, 67], colour: .lab)
        let tensor = try VipsCodec().decode(
            picture.bytes, for: ImagePreprocessing(width: 2, height: 1, resize: .stretch, scale: 1))
        let expected: [Float] = [145, 254, 145, 0, 145, 2]
        for (value, known) in zip(tensor.values, expected) { #expect(abs(value - known) <= 12, "\(tensor.values)") }
    }

    @Test(.enabled(if: SharedData.has(folder), Comment(rawValue: SharedData.reason(folder))))
    func aLabScanLooksLikeItsDrawing() throws {
        let tensor = try decode(try shared("tiff/lab.tif"))
        #expect(tensor.shape == [3, 16, 16])
        // Not the black, white or flat picture that misread channels give.
        let values = tensor.values
        let mean = values.reduce(0, +) / Float(values.count)
        #expect((20...235).contains(mean), "\(mean)")
        #expect((values.max() ?? 0) - (values.min() ?? 0) > 40)
    }

    @Test(.enabled(if: SharedData.has(folder), Comment(rawValue: SharedData.reason(folder))))
    func whatIsNotReadIsNotCalledDamaged() throws {
        let bytes = try shared("tiff/twelve-bits.tif")
        let error = #expect(throws: HearthError.self) { try decode(bytes) }
        #expect(error?.code == .unsupportedMediaType && error?.message.contains("12 bits") == true)
    }

    @Test(
        .enabled(if: SharedData.has(folder), Comment(rawValue: SharedData.reason(folder))),
        arguments: ["junk-between-segments", "ff00-between-segments"])
    func aPhotoWithLeftoversIsThePhoto(name: String) throws {
        #expect(try decode(shared("jpeg/\(name).jpg")) == decode(shared("jpeg/plain.jpg")))
    }
}

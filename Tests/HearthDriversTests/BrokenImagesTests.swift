import Foundation
import HearthCore
import HearthTesting
import HearthVips
import Testing

private let list = "data/broken-images/expect.json"

@Suite(.enabled(if: SharedData.has(list), Comment(rawValue: SharedData.reason(list))))
struct BrokenImagesTests {
    struct Expectation: Decodable, Sendable, CustomTestStringConvertible {
        var file: String
        var kind: String
        var expect: String

        var testDescription: String { "\(file): \(expect)" }
    }

    static let folder = SharedData.url("data/broken-images")

    /// Empty when the list cannot be read, which `allFilesAreKnown` notices.
    static let expectations: [Expectation] = {
        guard let data = try? Data(contentsOf: SharedData.url(list)) else { return [] }
        return (try? JSONDecoder().decode([Expectation].self, from: data)) ?? []
    }()

    /// What is refused by design, with its code; all that is not listed here has to decode.
    static let refusals: [String: HearthError.Code] = [
        "truncated_half.jpg": .invalidImage, "truncated_header.jpg": .invalidImage,
        "truncated_half.png": .invalidImage, "empty.jpg": .invalidImage, "text.jpg": .invalidImage,
        "html_error.png": .unsupportedMediaType, "bad_crc.png": .invalidImage, "zero_size.png": .invalidImage,
        "bomb_1bit.png": .imageTooLarge, "bomb_rgb.png": .imageTooLarge, "lying_header.jpg": .imageTooLarge,
        "ok.bmp": .unsupportedMediaType, "external_entity.svg": .unsupportedMediaType,
    ]

    /// Files for which more than one answer is right: an error, whichever.
    static let eitherError: Set<String> = ["lying_header.png"]
    /// Files for which an error and a picture are both right.
    static let either: Set<String> = ["bitrot.jpg"]

    private func decode(_ file: String) throws -> Tensor {
        let bytes = try Data(contentsOf: Self.folder.appendingPathComponent(file))
        return try VipsCodec().decode(bytes, for: ImagePreprocessing(width: 64, height: 64, scale: 1))
    }

    @Test func allFilesAreKnown() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { !$0.hasSuffix(".json") && !$0.hasSuffix(".md") }
        #expect(Set(Self.expectations.map(\.file)) == Set(names))
        #expect(names.count >= 39)
    }

    @Test(arguments: expectations)
    func behavesAsExpected(_ expectation: Expectation) throws {
        let outcome = Result { try decode(expectation.file) }
        switch outcome {
        case .success(let tensor):
            #expect(Self.refusals[expectation.file] == nil, "must be refused")
            #expect(!Self.eitherError.contains(expectation.file), "must be refused")
            #expect(tensor.shape == [3, 64, 64])
            #expect(tensor.values.allSatisfy { (0...255).contains($0) })
        case .failure(let error):
            let code = try #require(error as? HearthError).code
            if let expected = Self.refusals[expectation.file] {
                #expect(code == expected)
            } else {
                #expect((Self.either.union(Self.eitherError)).contains(expectation.file), "must decode, but: \(error)")
                #expect([.invalidImage, .imageTooLarge].contains(code))
            }
        }
    }

    @Test(arguments: expectations)
    func pixelsAreRefusedAsTensorsAre(_ expectation: Expectation) throws {
        let bytes = try Data(contentsOf: Self.folder.appendingPathComponent(expectation.file))
        let outcome = Result {
            try VipsCodec().pixels(of: bytes, keeping: 1_536, limit: 12_000_000) { true }
        }
        switch outcome {
        case .success(let picture):
            #expect(Self.refusals[expectation.file] == nil && !Self.eitherError.contains(expectation.file))
            #expect(picture.bytes.count == picture.width * picture.height * picture.bands)
            #expect(picture.width * picture.height <= 12_000_000)
        case .failure(let error):
            let code = try #require(error as? HearthError).code
            if let expected = Self.refusals[expectation.file] {
                #expect(code == expected)
            } else {
                #expect((Self.either.union(Self.eitherError)).contains(expectation.file), "must decode, but: \(error)")
            }
        }
    }

    @Test func allEightOrientationsShowTheSamePicture() throws {
        let first = try decode("exif_orientation_1.jpg")
        for orientation in 2...8 {
            let other = try decode("exif_orientation_\(orientation).jpg")
            let difference =
                zip(first.values, other.values).reduce(0) { $0 + abs($1.0 - $1.1) }
                / Float(first.values.count)
            #expect(difference < 1, "orientation \(orientation) differs by \(difference)")
        }
    }

    @Test func contentDecidesAndNotTheName() throws {
        #expect(try decode("jpeg_named.png") == decode("ok.jpg"))
        #expect(try decode("trailing_garbage.jpg") == decode("ok.jpg"))
    }
}

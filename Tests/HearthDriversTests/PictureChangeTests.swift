import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthVips

/// The changes that an evaluation makes, pixel by pixel.
@Suite struct PictureChangeTests {
    private let codec: VipsCodec

    init() throws { codec = try VipsCodec() }

    /// 60 × 30 pixels, the left half red and the right half blue.
    private func halves(alpha: UInt16? = nil) -> TIFFPicture {
        let samples = (0..<60 * 30).flatMap { place -> [UInt16] in
            (place % 60 < 30 ? [200, 0, 0] : [0, 0, 200]) + (alpha.map { [$0] } ?? [])
        }
        return TIFFPicture(width: 60, height: 30, samples: samples, hasAlpha: alpha != nil)
    }

    private func changed(_ picture: TIFFPicture, by change: PictureChange) throws -> (header: ImageHeader, bytes: Data)?
    {
        guard let bytes = try codec.changed(picture.bytes, by: change) else { return nil }
        return (try InspectedImage(bytes).header, bytes)
    }

    /// Red, green and blue of the left and the right end of a picture's middle row, as a model would get them.
    private func ends(_ bytes: Data) throws -> (left: [Float], right: [Float]) {
        let values = try codec.decode(
            bytes, for: ImagePreprocessing(width: 32, height: 16, resize: .stretch, scale: 1)
        ).values
        func pixel(_ column: Int) -> [Float] { (0..<3).map { values[$0 * 512 + 8 * 32 + column] } }
        return (pixel(2), pixel(29))
    }

    private func isNear(_ pixel: [Float], _ expected: [Float], within: Float = 12) -> Bool {
        zip(pixel, expected).allSatisfy { abs($0 - $1) <= within }
    }

    @Test(arguments: PictureChange.allCases.filter { !$0.needsTransparency })
    func everyChangeOfAnOpaquePictureIsAPictureAgain(change: PictureChange) throws {
        let made = try #require(try changed(halves(), by: change))
        #expect(made.header.format == (change == .compressed ? .jpeg : .png))
        #expect(made.bytes != halves().bytes)
    }

    @Test func sizesFollowTheChange() throws {
        func size(_ change: PictureChange) throws -> [Int] {
            let header = try #require(try changed(halves(), by: change)).header
            return [header.width, header.height]
        }
        #expect(try size(.smaller) == [20, 10])
        #expect(try size(.cropped) == [48, 24])
        #expect(try size(.turned) == [30, 60])
        #expect(try size(.mirrored) == [60, 30])
    }

    @Test func mirroringExchangesLeftAndRight() throws {
        let found = try ends(try #require(try changed(halves(), by: .mirrored)).bytes)
        #expect(isNear(found.left, [0, 0, 200]) && isNear(found.right, [200, 0, 0]))
    }

    @Test func brightnessIsMultipliedAndGreyHasNoColour() throws {
        let darker = try ends(try #require(try changed(halves(), by: .darker)).bytes)
        #expect(isNear(darker.left, [120, 0, 0]) && isNear(darker.right, [0, 0, 120]))
        let brighter = try ends(try #require(try changed(halves(), by: .brighter)).bytes)
        #expect(isNear(brighter.left, [255, 0, 0]))
        let grey = try ends(try #require(try changed(halves(), by: .grey)).bytes)
        #expect(grey.left[0] == grey.left[1] && grey.left[1] == grey.left[2] && grey.left[0] != grey.right[0])
    }

    @Test func onlyTransparentPicturesGetAnotherBackground() throws {
        #expect(try codec.changed(halves().bytes, by: .darkBackground) == nil)
        #expect(try codec.changed(halves().bytes, by: .busyBackground) == nil)
        let clear = halves(alpha: 0)
        let dark = try ends(try #require(try changed(clear, by: .darkBackground)).bytes)
        #expect(isNear(dark.left, [24, 26, 38]) && isNear(dark.right, [24, 26, 38]))
        let busy = try #require(try changed(clear, by: .busyBackground)).bytes
        #expect(try codec.changed(clear.bytes, by: .busyBackground) == busy, "the spots are always the same")
        #expect(try codec.changed(busy, by: .darkBackground) == nil, "nothing of it is transparent any more")
        let opaque = try ends(try #require(try changed(halves(alpha: 255), by: .darkBackground)).bytes)
        #expect(isNear(opaque.left, [200, 0, 0]), "what is not transparent stays")
    }

    @Test func aTransparentPictureStaysTransparentWhenItIsChanged() throws {
        for change in [PictureChange.smaller, .cropped, .mirrored, .darker, .brighter, .grey, .tilted, .turned] {
            let bytes = try #require(try changed(halves(alpha: 0), by: change)).bytes
            let found = try ends(bytes)
            #expect(isNear(found.left, [255, 255, 255]), "\(change): the background of the model shows")
        }
    }

    @Test func aLargePictureIsMadeSmallerFirstAndUpright() throws {
        let picture = TIFFPicture(
            width: 2_000, height: 10, samples: [UInt16](repeating: 90, count: 2_000 * 10 * 3), orientation: 6)
        let header = try #require(try changed(picture, by: .mirrored)).header
        #expect([header.width, header.height] == [5, 1_024] && (header.orientation ?? 1) == 1)
    }

    @Test func whatIsNoPictureIsRefused() throws {
        let error = #expect(throws: HearthError.self) { try codec.changed(Data("no".utf8), by: .grey) }
        #expect(error?.code == .unsupportedMediaType || error?.code == .invalidImage)
    }
}

import Foundation
import Testing

@testable import HearthVips

@Suite struct PNGChunksTests {
    private func chunk(_ type: String, _ bytes: Int) -> Data {
        let length = withUnsafeBytes(of: UInt32(bytes).bigEndian) { Data($0) }
        return length + Data(type.utf8) + Data(repeating: 7, count: bytes) + Data([1, 2, 3, 4])
    }

    private func withoutText(_ file: Data) -> Data? { file.withUnsafeBytes { PNGChunks.withoutText($0) } }

    private let signature = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])

    @Test func textAndProfilesAreLeftOutAndTheRestIsUnchanged() {
        let (header, pixels, end) = (chunk("IHDR", 13), chunk("IDAT", 50), chunk("IEND", 0))
        let file =
            signature + header + chunk("zTXt", 90) + chunk("iCCP", 0) + chunk("eXIf", 9) + pixels
            + chunk("iTXt", 5) + end + chunk("tEXt", 1)
        #expect(withoutText(file) == signature + header + chunk("eXIf", 9) + pixels + end)
    }

    @Test func fileWithoutTextIsNotCopied() {
        #expect(withoutText(signature + chunk("IHDR", 13) + chunk("IDAT", 50) + chunk("IEND", 0)) == nil)
    }

    @Test func brokenChainOfChunksIsLeftToTheDecoder() {
        let file = signature + chunk("zTXt", 9) + chunk("IDAT", 50)
        #expect(withoutText(file.dropLast(1)) == nil)
        #expect(withoutText(signature) == nil)
        #expect(withoutText(Data()) == nil)
        #expect(withoutText(signature + Data(repeating: 0xFF, count: 40)) == nil)
    }
}

import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthVips

/// A picture that nobody waits for any more is not decoded further, also where its decoder gives no row before it has
/// read the whole file.
@Suite struct EndedPictureTests {
    private static let preprocessing = ImagePreprocessing(width: 8, height: 8, resize: .stretch)

    /// Decodes until it was asked so many times whether it is wanted.
    /// - Returns: How often it was asked, and how it ended; nil when it did not end early.
    private func decode(_ bytes: Data, asksUntil most: Int = .max) throws -> (asks: Int, outcome: HearthError.Code?) {
        var asks = 0
        do {
            _ = try VipsCodec().decode(bytes, for: Self.preprocessing) {
                asks += 1
                return asks <= most
            }
            return (asks, nil)
        } catch let error as HearthError {
            return (asks, error.code)
        }
    }

    /// - Parameter least: How often it is asked at least: once a piece of input.
    private func checkThatItEnds(_ bytes: Data, asked least: Int) throws {
        let whole = try decode(bytes)
        #expect(whole.outcome == nil)
        #expect(whole.asks >= least)
        for most in 0..<whole.asks {
            let ended = try decode(bytes, asksUntil: most)
            #expect(ended.outcome == .deadlineExceeded, "after \(most) of \(whole.asks)")
            #expect(ended.asks == most + 1, "not asked again")
        }
    }

    @Test func aProgressiveJPEGEndsBetweenItsScans() throws {
        let jpeg = LongPicture.progressiveJPEG(side: 64)
        #expect(try ImageProbe.inspect(jpeg).scans == 15)
        #expect(jpeg.count < 1_000)
        try checkThatItEnds(jpeg, asked: 15)
    }

    @Test func anInterlacedPNGEndsBetweenPiecesOfItsData() throws {
        let png = LongPicture.interlacedPNG(side: 128)
        #expect(png.count > 49_000)
        try checkThatItEnds(png, asked: 12)
    }

    @Test func aLosslessWebPEndsBetweenPiecesOfItsData() throws {
        let webp = LongPicture.losslessWebP(side: 2_048)
        #expect(webp.count > 8 << 16)
        try checkThatItEnds(webp, asked: 8)
    }

    @Test func aTIFFEndsBetweenItsParts() throws {
        let tiff = TIFFPicture(width: 64, height: 64, samples: Array(repeating: 9, count: 64 * 64 * 3))
        try checkThatItEnds(tiff.bytes, asked: 3)
    }

    @Test func aGIFEndsBeforeItsRowsAreScaled() throws {
        try checkThatItEnds(LongPicture.gif, asked: 1)
    }
}

/// Pictures of one colour that a decoder reads to their end before it gives the first row.
private enum LongPicture {
    /// Gray, one scan for each bit of its coefficients, most of them of a few bytes.
    static func progressiveJPEG(side: Int) -> Data {
        let blocks = (side + 7) / 8 * ((side + 7) / 8)
        func segment(_ marker: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [0xFF, marker, UInt8((bytes.count + 2) >> 8), UInt8((bytes.count + 2) & 0xFF)] + bytes
        }
        /// A code of one bit for `first`, one of two bits for `second`.
        func codes(_ kind: UInt8, _ first: UInt8, _ second: UInt8) -> [UInt8] {
            segment(0xC4, [kind, 1, 1] + [UInt8](repeating: 0, count: 14) + [first, second])
        }
        var file: [UInt8] = [0xFF, 0xD8] + segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
        let size = [UInt8(side >> 8), UInt8(side & 0xFF)]
        file += segment(0xC2, [8] + size + size + [1, 1, 0x11, 0])
        file += codes(0x00, 0, 1) + codes(0x10, 0xE0, 1)
        file += segment(0xDA, [1, 1, 0, 0, 0, 1]) + [UInt8](repeating: 0, count: (blocks + 7) / 8)
        // "The rest of 2^14 blocks and more is zero": one bit, and fourteen for the number.
        let nothing: [UInt8] = [0x00, 0x01]
        for low in (0...13).reversed() {
            let high = low == 13 ? 0 : UInt8(low + 1)
            file += segment(0xDA, [1, 1, 0, 1, 63, high << 4 | UInt8(low)]) + nothing
        }
        return Data(file + [0xFF, 0xD9])
    }

    /// RGB in seven passes, its data not packed.
    static func interlacedPNG(side: Int) -> Data {
        let passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        var rows = Data()
        for (left, top, across, down) in passes {
            let width = (side - left + across - 1) / across
            let height = (side - top + down - 1) / down
            rows += Data(count: height * (1 + 3 * width))
        }
        let length = UInt16(rows.count)
        let packed =
            Data([0x78, 0x01, 0x01]) + bytes(of: length.littleEndian) + bytes(of: (~length).littleEndian) + rows
        let size = bytes(of: UInt32(side).bigEndian)
        return Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            + chunk("IHDR", size + size + [8, 2, 0, 0, 1])
            + chunk("IDAT", packed + Data(count: 4)) + chunk("IEND", Data())
    }

    private static func chunk(_ name: String, _ data: Data) -> Data {
        let body = Data(name.utf8) + data
        let checksum = body.withUnsafeBytes { CRC32.checksum($0) }
        return bytes(of: UInt32(data.count).bigEndian) + body + bytes(of: checksum.bigEndian)
    }

    private static func bytes(of value: some FixedWidthInteger) -> Data {
        withUnsafeBytes(of: value) { Data($0) }
    }

    /// RGB, one bit a pixel.
    static func losslessWebP(side: Int) -> Data {
        var bits = Data()
        var word: UInt64 = 0
        var count = 0
        func add(_ value: Int, _ width: Int) {
            word |= UInt64(value) << UInt64(count)
            count += width
            while count >= 8 {
                bits.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
                count -= 8
            }
        }
        add(side - 1, 14)
        add(side - 1, 14)
        // No alpha, version 0, no transform, no colour cache, one group of codes.
        add(0, 1 + 3 + 1 + 1 + 1)
        // Green: a simple code of two symbols, 0 and 1.
        add(0b1, 1)
        add(0b1, 1)
        add(0b0, 1)
        add(0, 1)
        add(1, 8)
        // Red, blue, alpha, distance: simple codes of one symbol, which takes no bits.
        for symbol in [0, 0, 255, 0] {
            add(0b1, 1)
            add(0b0, 1)
            add(0b1, 1)
            add(symbol, 8)
        }
        bits.append(UInt8(truncatingIfNeeded: word))
        let pixels = Data(count: side * side / 8 + 8)
        let stream = Data([0x2F]) + bits + pixels
        let chunk =
            Data("VP8L".utf8) + bytes(of: UInt32(stream.count).littleEndian) + stream
            + Data(count: stream.count % 2)
        return Data("RIFF".utf8) + bytes(of: UInt32(chunk.count + 4).littleEndian) + Data("WEBP".utf8) + chunk
    }

    /// A pixel: codes of two bits, "clear", 0, "end".
    static let gif =
        Data("GIF89a".utf8)
        + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0, 0x3B]
}

import Foundation
import HearthCore
import Testing

/// Small valid pictures, drawn by code: what a decoder accepts, with every structure that the probe walks over.
enum SampleImages {
    /// One picture with the header that the probe must find.
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: Data
        let header: ImageHeader
        var testDescription: String { name }
    }

    /// One or more of each format.
    static let all: [Sample] = [
        Sample(name: "png gray", bytes: PNGMaker.picture(5, 3), header: ImageHeader(format: .png, width: 5, height: 3)),
        Sample(
            name: "png palette",
            bytes: PNGMaker.picture(9, 9, colour: 3, depth: 4, extra: [("PLTE", Data(repeating: 9, count: 48))]),
            header: ImageHeader(format: .png, width: 9, height: 9)),
        Sample(
            name: "png exif",
            bytes: PNGMaker.picture(2, 40, colour: 6, extra: [("eXIf", TIFFMaker.exif(orientation: 8))]),
            header: ImageHeader(format: .png, width: 2, height: 40, orientation: 8)),
        Sample(name: "jpeg", bytes: JPEGMaker.picture(17, 9), header: ImageHeader(format: .jpeg, width: 17, height: 9)),
        Sample(
            name: "jpeg restarts exif", bytes: JPEGMaker.picture(40, 24, restarts: true, orientation: 6),
            header: ImageHeader(format: .jpeg, width: 40, height: 24, orientation: 6)),
        Sample(
            name: "gif", bytes: GIFMaker.picture(6, 4, frames: 1),
            header: ImageHeader(format: .gif, width: 6, height: 4)),
        Sample(
            name: "gif animated", bytes: GIFMaker.picture(31, 2, frames: 3),
            header: ImageHeader(format: .gif, width: 31, height: 2)),
        Sample(
            name: "webp lossless", bytes: WebPMaker.lossless, header: ImageHeader(format: .webp, width: 1, height: 1)),
        Sample(
            name: "webp extended", bytes: WebPMaker.extended(orientation: 3),
            header: ImageHeader(format: .webp, width: 1, height: 1, orientation: 3)),
        Sample(
            name: "webp animated", bytes: WebPMaker.animated, header: ImageHeader(format: .webp, width: 1, height: 1)),
        Sample(
            name: "tiff little-endian", bytes: TIFFMaker.picture(7, 5, bigEndian: false),
            header: ImageHeader(format: .tiff, width: 7, height: 5, orientation: 1)),
        Sample(
            name: "tiff big-endian", bytes: TIFFMaker.picture(70, 50, bigEndian: true),
            header: ImageHeader(format: .tiff, width: 70, height: 50, orientation: 1)),
    ]
}

extension Data {
    /// Appends an integer in the given byte order.
    mutating func append<Value: FixedWidthInteger>(_ value: Value, bigEndian: Bool) {
        Swift.withUnsafeBytes(of: bigEndian ? value.bigEndian : value.littleEndian) { append(contentsOf: $0) }
    }
}

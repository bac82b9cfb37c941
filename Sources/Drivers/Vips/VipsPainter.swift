import CVips
package import HearthCore
import HearthJSON

package import struct Foundation.Data

/// Paints with libvips: drawings by librsvg, texts by Pango.
package struct VipsPainter: PicturePainter {
    /// Starts libvips when it is not yet running.
    /// - Throws: ``HearthError`` `internal_error` when the library does not start.
    package init() throws(HearthError) { try VipsLibrary.startOnce() }

    /// Longest side at which the shape of a picture is looked at.
    private static let shapeSide = 512
    /// Mean of alpha, 0…255, below which a picture is a cutout.
    private static let cutoutAlpha = 236.0

    package func shape(of picture: Data) throws -> PictureShape {
        defer { vips_thread_shutdown() }
        return try picture.withBytes { bytes throws in
            let full = try Self.uprightSize(bytes)
            let small = try Self.open(bytes, longest: Self.shapeSide).fitted(side: Self.shapeSide)
            guard small.hasAlpha else { return PictureShape(size: full, isCutout: false) }
            let kept = try small.kept()
            guard try kept.alpha().mean() < Self.cutoutAlpha else {
                return PictureShape(size: full, isCutout: false)
            }
            let figure = try kept.trimmed()
            let scale = Double(max(full.width, full.height)) / Double(max(kept.width, kept.height))
            return PictureShape(
                size: PixelSize(
                    width: max(1, Int(Double(figure.width) * scale)), height: max(1, Int(Double(figure.height) * scale))
                ),
                isCutout: true)
        }
    }

    package func size(of text: PaintedText) throws -> PixelSize {
        defer { vips_thread_shutdown() }
        guard let ink = try VipsLettering.ink(of: text) else { return PixelSize(width: 0, height: 0) }
        let offset = ink.inkOffset
        return PixelSize(width: max(0, offset.x) + ink.width, height: max(0, offset.y) + ink.height)
    }

    package func paint(_ painting: Painting) throws -> Data {
        defer { vips_thread_shutdown() }
        let canvas = try VipsCanvas(painting.size)
        for layer in painting.layers { try canvas.draw(layer) }
        return try canvas.png(isSmall: !painting.isIntermediate)
    }

    package func thumbnail(of picture: Data, side: Int) throws -> Data {
        defer { vips_thread_shutdown() }
        return try picture.withBytes { bytes throws in
            try Self.open(bytes, longest: 2 * side).fitted(side: side).plain().jpeg(quality: 82)
        }
    }

    /// Opens a picture upright, as 8-bit grey or sRGB.
    /// - Parameter longest: Pixels of the longer side that are needed; the decoder may leave out others.
    static func open(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(HearthError) -> VipsPicture {
        let header = try ImageProbe.inspect(bytes)
        let side = max(header.width, header.height)
        let shrink = header.format.shrinksOnLoad ? [8, 4, 2].first { side >= longest * $0 } ?? 1 : 1
        let loaded = try VipsPicture.open(bytes, format: header.format, shrink: shrink, sequential: false)
        try VipsCodec.checkLimits(width: (loaded.width - 1) * shrink + 1, height: (loaded.height - 1) * shrink + 1)
        return try loaded.upright().plain()
    }

    private static func uprightSize(_ bytes: UnsafeRawBufferPointer) throws(HearthError) -> PixelSize {
        let header = try ImageProbe.inspect(bytes)
        let loaded = try VipsPicture.open(bytes, format: header.format, shrink: 1, sequential: true)
        let isTurned = OrientedWalk.isTurned(loaded.orientation)
        return isTurned
            ? PixelSize(width: loaded.height, height: loaded.width)
            : PixelSize(width: loaded.width, height: loaded.height)
    }
}

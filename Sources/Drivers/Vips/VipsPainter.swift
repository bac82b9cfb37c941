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
    /// Longest side of a picture whose subject is found, at least.
    private static let subjectSide = 2_048
    /// Mean of alpha, 0…255, below which a picture is a cutout.
    private static let cutoutAlpha = 236.0

    /// The size of a picture, or of the figure that a cutout shows.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`.
    package func shape(of picture: Data) throws -> PictureShape {
        defer { vips_thread_shutdown() }
        return try Self.withPicture(picture, longest: Self.shapeSide) { header, opened in
            let full = Self.uprightSize(header)
            let small = try opened.fitted(side: Self.shapeSide)
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

    /// What the ink of a text needs, from the upper left corner of the text.
    /// - Throws: ``HearthError`` `internal_error` when it cannot be set.
    package func size(of text: PaintedText) throws -> PixelSize {
        defer { vips_thread_shutdown() }
        guard let ink = try VipsLettering.ink(of: text) else { return PixelSize(width: 0, height: 0) }
        let offset = ink.inkOffset
        return PixelSize(width: max(0, offset.x) + ink.width, height: max(0, offset.y) + ink.height)
    }

    /// Draws the layers one over the other.
    /// - Returns: a PNG file.
    /// - Throws: ``HearthError`` `invalid_image`, `internal_error`.
    package func paint(_ painting: Painting) throws -> Data {
        defer { vips_thread_shutdown() }
        let canvas = try VipsCanvas(painting.size)
        for layer in painting.layers { try canvas.draw(layer) }
        return try canvas.png(isSmall: !painting.isIntermediate)
    }

    /// A JPEG file of the picture, no larger than a square.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`.
    package func thumbnail(of picture: Data, side: Int) throws -> Data {
        defer { vips_thread_shutdown() }
        return try Self.withPicture(picture, longest: 2 * side) { _, opened in
            try opened.fitted(side: side).plain().jpeg(quality: 82)
        }
    }

    /// The square part of a picture that draws the eye, as a JPEG file.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`.
    package func subject(of picture: Data) throws -> Data {
        defer { vips_thread_shutdown() }
        return try Self.withPicture(picture, longest: Self.subjectSide) { _, opened in
            try opened.kept().subject().plain().jpeg(quality: 92)
        }
    }

    /// Opens a picture upright, as 8-bit grey or sRGB, for as long as the body runs: what is to stay must be kept in
    /// memory.
    /// - Parameter longest: Pixels of the longer side that are needed; the decoder may leave out others.
    static func withPicture<Result>(
        _ picture: Data, longest: Int, _ body: (ImageHeader, VipsPicture) throws -> Result
    ) throws -> Result {
        try picture.withBytes { bytes throws in
            let header = try ImageProbe.inspect(bytes)
            let side = max(header.width, header.height)
            let shrink = header.format.shrinksOnLoad ? [8, 4, 2].first { side >= longest * $0 } ?? 1 : 1
            let input = PictureInput(bytes) { true }
            defer { withExtendedLifetime(input) {} }
            let loaded = try VipsPicture.open(input, header, shrink: shrink, sequential: false)
            try VipsCodec.checkLimits(width: (loaded.width - 1) * shrink + 1, height: (loaded.height - 1) * shrink + 1)
            return try body(header, loaded.upright().plain())
        }
    }

    private static func uprightSize(_ header: ImageHeader) -> PixelSize {
        OrientedWalk.isTurned(header.orientation ?? 1)
            ? PixelSize(width: header.height, height: header.width)
            : PixelSize(width: header.width, height: header.height)
    }
}

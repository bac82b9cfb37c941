import CVips
package import HearthCore

package import struct Foundation.Data

extension VipsCodec {
    /// Decodes one picture to pixels; transparent parts lie on white.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`, `deadline_exceeded`.
    package func pixels(
        of bytes: Data, keeping side: Int, limit: Int, while isWanted: () -> Bool
    ) throws -> PixelPicture {
        try Self.withPicture(bytes, while: isWanted) { input, header throws(HearthError) in
            let shrink =
                header.format.shrinksOnLoad
                ? [8, 4, 2].first { max(header.width, header.height) / $0 >= max(1, side) } ?? 1 : 1
            let picture = try Self.open(input, header, shrink: shrink, sequential: true)
            return try Self.pixels(of: picture, header, limit: limit, while: input.isWanted)
        }
    }

    private static func pixels(
        of loaded: VipsPicture, _ header: ImageHeader, limit: Int, while isWanted: () -> Bool
    ) throws(HearthError) -> PixelPicture {
        let orientation = loaded.orientation
        var picture = loaded
        if picture.hasAlpha {
            picture = try picture.isPlain ? picture : picture.plain()
            picture = try picture.flattened(over: [255, 255, 255])
        }
        let area = picture.width * picture.height
        if area > limit {
            let factor = (Double(limit) / Double(area)).squareRoot()
            picture = try picture.resized(
                width: max(1, Int(Double(picture.width) * factor)),
                height: max(1, Int(Double(picture.height) * factor)),
                kernel: VIPS_KERNEL_LINEAR)
        }
        if !picture.isPlain { picture = try picture.plain() }
        let bands = picture.bands
        guard bands == 1 || bands == 3 else { throw otherBands(bands) }
        let walk = OrientedWalk(width: picture.width, height: picture.height, orientation: orientation)
        let isTurned = OrientedWalk.isTurned(orientation)
        return PixelPicture(
            width: walk.width, height: walk.height, fullWidth: isTurned ? header.height : header.width,
            fullHeight: isTurned ? header.width : header.height, bands: bands, origin: walk.origin * bands,
            across: walk.across * bands, down: walk.down * bands, bytes: try picture.bytes(while: isWanted))
    }
}

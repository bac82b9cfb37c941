import CVips
package import HearthCore
import HearthJSON

package import struct Foundation.Data

extension VipsCodec {
    /// Longest side of a picture before it is changed, in pixels: larger ones are made smaller first. Models look at a
    /// few hundred pixels, so more would only cost time and memory.
    private static let changedSide = 1_024
    /// Colours (0…255, RGB) behind transparent parts, and where a tilted picture leaves corners.
    private static let dark: [Float] = [24, 26, 38]
    private static let white: [Float] = [255, 255, 255]

    /// A picture after a usual change, as a file: JPEG for ``PictureChange/compressed``, else PNG.
    ///
    /// The file is decoded afterwards as any other, so a model sees what it would see of a picture that was changed
    /// elsewhere.
    /// - Returns: nil when the change needs transparent parts and the picture has none.
    /// - Throws: ``HearthError`` as ``decode(_:for:)``.
    package func changed(_ bytes: Data, by change: PictureChange) throws -> Data? {
        defer { vips_thread_shutdown() }
        return try bytes.withBytes { bytes throws(HearthError) -> Data? in
            let header = try ImageProbe.inspect(bytes)
            let longest = max(header.width, header.height)
            let shrink = header.format.shrinksOnLoad ? [8, 4, 2].first { longest >= Self.changedSide * $0 } ?? 1 : 1
            let input = PictureInput(bytes) { true }
            defer { withExtendedLifetime(input) {} }
            let loaded = try VipsPicture.open(input, header, shrink: shrink, sequential: false)
            try Self.checkLimits(width: (loaded.width - 1) * shrink + 1, height: (loaded.height - 1) * shrink + 1)
            let picture = try loaded.upright().plain().fitted(side: Self.changedSide)
            guard picture.hasAlpha || !change.needsTransparency else { return nil }
            if change == .compressed { return try picture.jpeg(quality: 30) }
            return try Self.changed(picture, by: change).png()
        }
    }

    private static func changed(_ picture: VipsPicture, by change: PictureChange) throws(HearthError) -> VipsPicture {
        switch change {
        case .smaller: return try picture.fitted(side: max(1, max(picture.width, picture.height) / 3))
        case .cropped:
            let (across, down) = (picture.width / 10, picture.height / 10)
            return try picture.cropped(
                to: PictureArea(
                    left: across, top: down, width: picture.width - 2 * across, height: picture.height - 2 * down))
        case .compressed: return picture
        case .mirrored: return try picture.mirrored()
        case .darker: return try picture.brightened(by: 0.6)
        case .brighter: return try picture.brightened(by: 1.4)
        case .grey: return try picture.grey()
        case .tilted: return try picture.turned(byDegrees: 10, corners: white)
        case .turned: return try picture.turned(byDegrees: 90, corners: white)
        case .darkBackground: return try picture.flattened(over: dark)
        case .busyBackground: return try picture.overSpots()
        }
    }
}

import CVips
import HearthCore

import struct Foundation.Data

/// One libvips picture: a lazy recipe over bytes that its maker keeps alive. Used by one thread.
final class VipsPicture {
    /// Only for methods of this type: a caller that takes it from a picture may be its last user, and then it is freed
    /// before it is used.
    let image: UnsafeMutablePointer<VipsImage>

    /// Takes over the reference that a libvips call returned; nil means that the call failed.
    /// - Throws: ``HearthError`` `invalid_image` with libvips' text as cause.
    init(_ result: UnsafeMutablePointer<VipsImage>?, step: String) throws(HearthError) {
        guard let result else { throw Self.unreadable(VipsError(step: step)) }
        image = result
    }

    deinit { g_object_unref(image) }

    /// Reads the header; no pixel is decoded yet, except of a WebP. `input` must outlive the picture and all made from
    /// it.
    static func open(
        _ input: PictureInput, _ header: ImageHeader, shrink: Int, sequential: Bool
    ) throws(HearthError) -> VipsPicture {
        try VipsPicture(input.open(header, shrink: shrink, sequential: sequential), step: "open")
    }

    var width: Int { Int(vips_image_get_width(image)) }
    var height: Int { Int(vips_image_get_height(image)) }
    var bands: Int { Int(vips_image_get_bands(image)) }
    /// EXIF orientation, 1…8.
    var orientation: Int { Int(vips_image_get_orientation(image)) }
    var hasAlpha: Bool { vips_image_hasalpha(image) != 0 }

    /// Whether the bands are 8-bit gray or sRGB already, alpha aside.
    var isPlain: Bool {
        let space = vips_image_get_interpretation(image)
        return vips_image_get_format(image) == VIPS_FORMAT_UCHAR
            && (space == VIPS_INTERPRETATION_sRGB || space == VIPS_INTERPRETATION_B_W)
    }

    /// The part of the picture inside `area`.
    func cropped(to area: PictureArea) throws(HearthError) -> VipsPicture {
        try VipsPicture(
            hearth_vips_crop(image, Int32(area.left), Int32(area.top), Int32(area.width), Int32(area.height)),
            step: "crop")
    }

    /// The picture brought to exactly `width` x `height`, whatever its aspect.
    func resized(width newWidth: Int, height newHeight: Int, kernel: VipsKernel) throws(HearthError) -> VipsPicture {
        try VipsPicture(
            hearth_vips_resize(
                image, Double(newWidth) / Double(width), Double(newHeight) / Double(height), kernel),
            step: "resize")
    }

    /// The picture as 8-bit sRGB: CMYK, 16 bits, Lab and others are converted.
    func plain() throws(HearthError) -> VipsPicture { try VipsPicture(hearth_vips_srgb(image), step: "colourspace") }

    /// The picture in front of `background` (RGB 0…255), without alpha.
    func flattened(over background: [Float]) throws(HearthError) -> VipsPicture {
        try VipsPicture(
            hearth_vips_flatten(image, Double(background[0]), Double(background[1]), Double(background[2])),
            step: "flatten")
    }

    // MARK: Changes

    /// The picture turned as its orientation says; what is made of it has none.
    func upright() throws(HearthError) -> VipsPicture { try VipsPicture(hearth_vips_upright(image), step: "autorot") }

    /// The picture made smaller until no side is longer than `side` pixels; a smaller one stays as it is.
    func fitted(side: Int) throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_fit(image, Int32(side)), step: "thumbnail")
    }

    /// Left and right exchanged.
    func mirrored() throws(HearthError) -> VipsPicture { try VipsPicture(hearth_vips_mirror(image), step: "flip") }

    /// Colours multiplied by a factor; transparency stays. The picture has to be plain.
    func brightened(by factor: Double) throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_brighten(image, factor), step: "linear")
    }

    /// The picture without its colours.
    func grey() throws(HearthError) -> VipsPicture { try VipsPicture(hearth_vips_grey(image), step: "colourspace") }

    /// The picture turned clockwise; the corners become transparent, or get a colour (RGB 0…255) where it is opaque.
    func turned(byDegrees angle: Double, corners: [Float]) throws(HearthError) -> VipsPicture {
        try VipsPicture(
            hearth_vips_turn(image, angle, Double(corners[0]), Double(corners[1]), Double(corners[2])), step: "rotate")
    }

    /// The picture in front of soft coloured spots, always the same; it must have alpha.
    func overSpots() throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_over_spots(image), step: "composite")
    }

    /// The picture as a PNG file.
    func png() throws(HearthError) -> Data { try file({ hearth_vips_png($0, $1) }, step: "pngsave") }

    /// The picture as a JPEG file, on white.
    /// - Parameter quality: 1…100.
    func jpeg(quality: Int32) throws(HearthError) -> Data {
        try file({ hearth_vips_jpeg($0, quality, $1) }, step: "jpegsave")
    }

    func file(
        _ save: (UnsafeMutablePointer<VipsImage>, UnsafeMutablePointer<Int>) -> UnsafeMutableRawPointer?, step: String
    ) throws(HearthError) -> Data {
        var count = 0
        guard let bytes = save(image, &count) else { throw Self.unreadable(VipsError(step: step)) }
        defer { g_free(bytes) }
        return Data(bytes: bytes, count: count)
    }

    /// Rows that are decoded before it is asked again whether they are wanted.
    private static let strip = 16

    /// Decodes: calls `body` with the bytes, shape `[height, width, bands]`. The picture has to be plain.
    /// - Parameter isWanted: asked before each strip; false ends the work.
    /// - Throws: ``HearthError`` `invalid_image`, `deadline_exceeded`.
    func withPixels<Result>(
        while isWanted: () -> Bool, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) throws(HearthError) -> Result {
        let pixels = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: width * height * bands)
        defer { pixels.deallocate() }
        try decode(into: pixels, while: isWanted)
        return body(UnsafeBufferPointer(pixels))
    }

    /// Decodes: the bytes, shape `[height, width, bands]`. The picture has to be plain.
    /// - Parameter isWanted: asked before each strip; false ends the work.
    /// - Throws: ``HearthError`` `invalid_image`, `deadline_exceeded`.
    func bytes(while isWanted: () -> Bool) throws(HearthError) -> [UInt8] {
        var failure: HearthError?
        let bytes = [UInt8](unsafeUninitializedCapacity: width * height * bands) { pixels, count in
            do throws(HearthError) {
                try decode(into: pixels, while: isWanted)
                count = width * height * bands
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private func decode(
        into pixels: UnsafeMutableBufferPointer<UInt8>, while isWanted: () -> Bool
    ) throws(HearthError) {
        guard let region = vips_region_new(image) else { throw Self.unreadable(VipsError(step: "region")) }
        defer { g_object_unref(region) }
        for top in stride(from: 0, to: height, by: Self.strip) {
            guard isWanted() else { throw PictureInput.late }
            let rows = min(Self.strip, height - top)
            guard hearth_vips_decode_rows(region, pixels.baseAddress, Int32(top), Int32(rows)) == 0 else {
                throw Self.unreadable(VipsError(step: "decode"))
            }
        }
    }

    private static func unreadable(_ cause: VipsError) -> HearthError {
        HearthError(
            .invalidImage, "The image is damaged: its pixels cannot be decoded.",
            hint: "Send the complete file as it was saved.", cause: cause)
    }
}

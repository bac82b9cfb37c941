import CVips
import HearthCore

import struct Foundation.Data

/// What painting needs of libvips. A canvas is a picture in memory, and the only one that changes.
extension VipsPicture {
    /// An opaque black canvas.
    static func canvas(_ size: PixelSize) throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_canvas(Int32(size.width), Int32(size.height)), step: "canvas")
    }

    /// A drawing, decoded into memory; its text may go afterwards.
    static func drawing(svg: String) throws(HearthError) -> VipsPicture {
        let text = Array(svg.utf8)
        return try VipsPicture(
            text.withUnsafeBytes { bytes in hearth_vips_kept(hearth_vips_svg(bytes.baseAddress, bytes.count)) },
            step: "svgload")
    }

    /// The ink of a text, one band; nil when no character of it has any.
    /// - Parameters:
    ///   - markup: Pango's.
    ///   - width: Where lines are broken; 0: nowhere.
    static func ink(of markup: String, font: String, width: Int) throws(HearthError) -> VipsPicture? {
        if let image = hearth_vips_text(markup, font, Int32(width)) { return try VipsPicture(image, step: "text") }
        // The only case that is told by libvips' words: where another thread's failure is mixed into them, a text
        // without ink counts as a fault, and its job is tried again.
        let cause = VipsError(step: "text")
        guard cause.text.contains("no text to render") else {
            throw HearthError(.internalError, "The text cannot be set.", cause: cause)
        }
        return nil
    }

    /// Where the ink of a text begins, from the upper left corner of the text.
    var inkOffset: (x: Int, y: Int) { (Int(image.pointee.Xoffset), Int(image.pointee.Yoffset)) }

    /// Computed once, in memory.
    func kept() throws(HearthError) -> VipsPicture { try VipsPicture(vips_image_copy_memory(image), step: "decode") }

    /// Three colours and alpha.
    func fourBands() throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_four_bands(image), step: "bands")
    }

    /// Scaled until it covers a rectangle, and cut evenly to it.
    func covering(width: Int, height: Int) throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_cover(image, Int32(width), Int32(height)), step: "thumbnail")
    }

    /// The square part that draws the eye, as large as it can be.
    func subject() throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_attention(image, Int32(min(width, height))), step: "smartcrop")
    }

    /// The last band.
    func alpha() throws(HearthError) -> VipsPicture { try VipsPicture(hearth_vips_alpha(image), step: "alpha") }

    /// The mean of all values of a picture of one band, 0…255.
    func mean() throws(HearthError) -> Double {
        var mean = 0.0
        guard hearth_vips_mean(image, &mean) == 0 else { throw Self.failure("avg") }
        return mean
    }

    /// A figure without its transparent margins; the picture itself when it has no alpha or shows nothing.
    func trimmed() throws(HearthError) -> VipsPicture {
        guard hasAlpha, let area = try alpha().inkArea() else { return self }
        return try cropped(to: area)
    }

    /// The rectangle outside which a picture of one band is black; nil when all of it is.
    private func inkArea() throws(HearthError) -> PictureArea? {
        var (left, top, width, height): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard hearth_vips_ink(image, &left, &top, &width, &height) == 0 else { throw Self.failure("find_trim") }
        guard width > 0, height > 0 else { return nil }
        return PictureArea(left: Int(left), top: Int(top), width: Int(width), height: Int(height))
    }

    /// One colour, as transparent as this picture of one band is dark.
    func tinted(_ colour: RGBColour, opacity: Double = 1) throws(HearthError) -> VipsPicture {
        try VipsPicture(
            hearth_vips_tinted(image, colour.red, colour.green, colour.blue, opacity), step: "tint")
    }

    /// A picture of one band with soft edges, larger by a margin on all sides.
    func softened(margin: Int, deviation: Double) throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_softened(image, Int32(margin), deviation), step: "gaussblur")
    }

    /// A picture of four bands, transparent where a picture of one band is black.
    func masked(by mask: VipsPicture) throws(HearthError) -> VipsPicture {
        try VipsPicture(hearth_vips_masked(image, mask.image), step: "mask")
    }

    /// Draws a picture of three or four bands on this canvas.
    func draw(_ over: VipsPicture, x: Int, y: Int) throws(HearthError) {
        guard hearth_vips_draw(image, over.image, Int32(x), Int32(y)) == 0 else { throw Self.failure("draw") }
    }

    /// Adds noise to this canvas.
    /// - Parameter deviation: In steps of 255.
    func addNoise(deviation: Double, seed: Int32) throws(HearthError) {
        guard hearth_vips_grain(image, deviation, seed) == 0 else { throw Self.failure("grain") }
    }

    /// As a PNG file that is packed well.
    func smallPNG() throws(HearthError) -> Data { try file({ hearth_vips_small_png($0, $1) }, step: "pngsave") }

    /// As a PNG file that is not compressed.
    func storedPNG() throws(HearthError) -> Data { try file({ hearth_vips_stored_png($0, $1) }, step: "pngsave") }

    private static func failure(_ step: String) -> HearthError {
        HearthError(.internalError, "The picture cannot be painted.", cause: VipsError(step: step))
    }
}

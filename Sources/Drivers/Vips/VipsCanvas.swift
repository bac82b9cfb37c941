import HearthCore
import HearthJSON

import struct Foundation.Data

/// What layers are drawn on, one after the other. Used by one thread.
struct VipsCanvas {
    private let canvas: VipsPicture

    /// Standard deviation of the strongest grain, in steps of 255.
    private static let strongestGrain = 9.0

    init(_ size: PixelSize) throws(HearthError) { canvas = try .canvas(size) }

    func draw(_ layer: PaintedLayer) throws {
        switch layer {
        case .drawing(let svg): try canvas.draw(.drawing(svg: svg), x: 0, y: 0)
        case .grain(let strength, let seed): try addGrain(strength: strength, seed: seed)
        case .picture(let picture): try draw(picture)
        case .text(let text, let x, let y): try draw(text, x: x, y: y)
        }
    }

    private func addGrain(strength: Double, seed: Int64) throws(HearthError) {
        guard strength > 0 else { return }
        let seed = Int32(truncatingIfNeeded: (seed ^ seed >> 31) & 0x7FFF_FFFF)
        try canvas.addNoise(deviation: min(strength, 1) * Self.strongestGrain, seed: seed)
    }

    private func draw(_ text: PaintedText, x: Int, y: Int) throws(HearthError) {
        guard let ink = try VipsLettering.ink(of: text) else { return }
        let offset = ink.inkOffset
        try canvas.draw(ink.tinted(text.colour), x: x + offset.x, y: y + offset.y)
    }

    private func draw(_ picture: PaintedPicture) throws {
        let box = picture.box
        try VipsPainter.withPicture(picture.bytes, longest: 2 * max(box.width, box.height)) { _, opened in
            let loaded = try picture.isCutout ? opened.trimmed() : opened
            let covering = try loaded.covering(width: box.width, height: box.height).plain()
            if covering.bands == 3, picture.cornerRadius == 0, picture.shadow == 0 {
                return try canvas.draw(covering.kept(), x: box.x, y: box.y)
            }
            var shown = try covering.fourBands().kept()
            if picture.cornerRadius > 0 { shown = try rounded(shown, radius: picture.cornerRadius) }
            if picture.shadow > 0 { try drawShadow(of: shown, box, deviation: picture.shadow) }
            try canvas.draw(shown, x: box.x, y: box.y)
        }
    }

    /// Below and a little to the right, as from a lamp above.
    private func drawShadow(of picture: VipsPicture, _ box: PixelBox, deviation: Double) throws(HearthError) {
        let margin = Int((deviation * 3).rounded(.up))
        let shade = try picture.alpha().softened(margin: margin, deviation: deviation).tinted(.black, opacity: 0.5)
        try canvas.draw(shade, x: box.x - margin + Int(deviation * 0.3), y: box.y - margin + Int(deviation * 0.6))
    }

    private func rounded(_ picture: VipsPicture, radius: Double) throws(HearthError) -> VipsPicture {
        let mask = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(picture.width)" height="\(picture.height)">\
            <rect width="100%" height="100%" rx="\(Int(radius.rounded()))" fill="#fff"/></svg>
            """
        return try picture.masked(by: .drawing(svg: mask).alpha()).kept()
    }

    /// The canvas as a PNG file.
    /// - Parameter isSmall: Whether it is packed well, or not at all: packing takes longer than painting.
    func png(isSmall: Bool) throws(HearthError) -> Data { isSmall ? try canvas.smallPNG() : try canvas.storedPNG() }
}

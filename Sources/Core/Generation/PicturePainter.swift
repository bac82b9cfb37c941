package import struct Foundation.Data

/// Puts drawings, pictures and texts on top of each other; only workers have one.
///
/// Its calls block for some hundred milliseconds. Any number of threads may call it at once. The same painting makes
/// the same bytes on the same machine.
package protocol PicturePainter: Sendable {
    /// What a picture looks like from outside, upright.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    func shape(of picture: Data) throws -> PictureShape

    /// Width and height of a text as it is painted, from its upper left corner.
    /// - Throws: ``HearthError`` `internal_error`.
    func size(of text: PaintedText) throws -> PixelSize

    /// Paints, from the first layer to the last.
    /// - Returns: a PNG file of 8-bit RGB.
    /// - Throws: as ``shape(of:)`` for a picture that cannot be decoded; `internal_error`.
    func paint(_ painting: Painting) throws -> Data

    /// A smaller JPEG of a picture, on white; a smaller picture is not enlarged.
    /// - Parameter side: Pixels of its longer side at most.
    /// - Throws: as ``shape(of:)``.
    func thumbnail(of picture: Data, side: Int) throws -> Data

    /// The square part of a picture that draws the eye, as a JPEG: colours of skin, bright colours and edges count. It
    /// is found by rules, not by a model.
    /// - Throws: as ``shape(of:)``.
    func subject(of picture: Data) throws -> Data
}

/// A picture that is made of layers.
package struct Painting: Sendable {
    /// Pixels.
    package var size: PixelSize
    /// From the lowest to the highest.
    package var layers: [PaintedLayer]
    /// Whether it is read at once and then it goes: it is not packed.
    package var isIntermediate: Bool

    /// A painting of such layers.
    package init(size: PixelSize, layers: [PaintedLayer], isIntermediate: Bool = false) {
        self.size = size
        self.layers = layers
        self.isIntermediate = isIntermediate
    }
}

/// One layer of a ``Painting``.
package enum PaintedLayer: Sendable {
    /// SVG 1.1 that this program has written, of the size of the painting.
    case drawing(String)
    /// Grain over all layers below.
    /// - strength: 0…1.
    case grain(strength: Double, seed: Int64)
    case picture(PaintedPicture)
    /// A text whose upper left corner is at a point.
    case text(PaintedText, x: Int, y: Int)
}

/// Width and height in pixels.
package struct PixelSize: Sendable, Equatable {
    package var width: Int
    package var height: Int

    /// So many pixels wide and high; neither is checked.
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A rectangle of whole pixels; its origin is the upper left corner.
package struct PixelBox: Sendable, Equatable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    /// A rectangle from its upper left corner on.
    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The first column right of it.
    package var right: Int { x + width }
    /// The first row below it.
    package var bottom: Int { y + height }
    /// Pixels.
    package var area: Int { width * height }

    /// Whether a pixel lies in both.
    package func overlaps(_ other: PixelBox) -> Bool {
        x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }

    /// Whether all of another rectangle lies in this one.
    package func contains(_ other: PixelBox) -> Bool {
        other.x >= x && other.y >= y && other.right <= right && other.bottom <= bottom
    }
}

/// What a picture looks like from outside.
package struct PictureShape: Sendable, Equatable {
    /// Pixels, upright; of a cutout, without its transparent margins.
    package var size: PixelSize
    /// Whether it is a figure on a transparent ground.
    package var isCutout: Bool

    /// The size of a picture, and whether it is cut out of its background.
    package init(size: PixelSize, isCutout: Bool) {
        self.size = size
        self.isCutout = isCutout
    }

    /// Width divided by height.
    package var aspect: Double { Double(max(size.width, 1)) / Double(max(size.height, 1)) }
}

/// A picture on a painting.
package struct PaintedPicture: Sendable {
    /// The encoded picture.
    package var bytes: Data
    /// It fills this box: what stands beyond it is cut off evenly, and transparent margins of a cutout first.
    package var box: PixelBox
    /// Pixels.
    package var cornerRadius: Double
    /// Standard deviation of its shadow's edge in pixels; 0: it throws none.
    package var shadow: Double
    package var isCutout: Bool

    /// A picture that fills a painting.
    package init(filling size: PixelSize, _ bytes: Data) {
        self.init(
            bytes: bytes, box: PixelBox(x: 0, y: 0, width: size.width, height: size.height), cornerRadius: 0, shadow: 0,
            isCutout: false)
    }

    /// A picture for a box of a painting; radius and shadow in pixels.
    package init(bytes: Data, box: PixelBox, cornerRadius: Double, shadow: Double, isCutout: Bool) {
        self.bytes = bytes
        self.box = box
        self.cornerRadius = cornerRadius
        self.shadow = shadow
        self.isCutout = isCutout
    }
}

/// A text as it is to be painted, in the fonts that the machine has for its script.
package struct PaintedText: Sendable, Equatable {
    package var text: String
    /// Pixels.
    package var fontSize: Double
    package var isBold: Bool
    package var colour: RGBColour
    /// It is broken into lines of this width; nil: it stays on one line.
    package var width: Int?

    /// A text; its font size and width in pixels.
    package init(_ text: String, fontSize: Double, isBold: Bool = false, colour: RGBColour, width: Int? = nil) {
        self.text = text
        self.fontSize = fontSize
        self.isBold = isBold
        self.colour = colour
        self.width = width
    }
}

/// A decoded picture: 8-bit red, green and blue, or grey, as people see it turned.
///
/// The pixels stay in memory as the file has them; steps of bytes say how to walk over them upright.
package struct PixelPicture: Sendable {
    /// Size of the upright pixels.
    package let width: Int
    /// Upright, from top to bottom.
    package let height: Int
    /// Size of the upright picture as its file has it: larger when pixels were left out.
    package let fullWidth: Int
    /// Upright, from top to bottom.
    package let fullHeight: Int
    /// 1 (grey) or 3 (red, green, blue).
    package let bands: Int
    /// Index of the byte that is seen top left.
    package let origin: Int
    /// Bytes from a pixel to the one right of it …
    package let across: Int
    /// … and to the one below it.
    package let down: Int
    /// All pixels, each of `bands` bytes.
    package let bytes: [UInt8]

    /// Pixels that lie upright, row by row.
    package init(width: Int, height: Int, bands: Int, bytes: [UInt8]) {
        self.init(
            width: width, height: height, fullWidth: width, fullHeight: height, bands: bands, origin: 0, across: bands,
            down: width * bands, bytes: bytes)
    }

    /// Pixels as they lie.
    package init(
        width: Int, height: Int, fullWidth: Int, fullHeight: Int, bands: Int, origin: Int, across: Int, down: Int,
        bytes: [UInt8]
    ) {
        precondition(width > 0 && height > 0 && bytes.count == width * height * bands && (bands == 1 || bands == 3))
        let ends = [0, (width - 1) * across].flatMap { [$0, $0 + (height - 1) * down] }.map { origin + $0 }
        precondition(ends.allSatisfy { $0 >= 0 && $0 <= bytes.count - bands }, "every pixel lies in the memory")
        self.width = width
        self.height = height
        self.fullWidth = fullWidth
        self.fullHeight = fullHeight
        self.bands = bands
        self.origin = origin
        self.across = across
        self.down = down
        self.bytes = bytes
    }
}

package import struct Foundation.Data

/// Decodes pictures; only the worker has one.
package protocol ImageCodec: Sendable {
    /// Decodes, turns upright (EXIF), flattens alpha, resizes and normalises one picture.
    ///
    /// - Returns: float32 values in the layout of `preprocessing`, shape `[3, height, width]` or `[height, width, 3]`.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor

    /// The same for an answer that may not be wanted any more before it is there.
    /// - Parameter isWanted: asked many times, by one thread at a time while the caller waits; false ends the work.
    /// - Throws: ``HearthError`` `deadline_exceeded` when it was ended.
    func decode(
        _ bytes: Data, for preprocessing: ImagePreprocessing, while isWanted: () -> Bool
    ) throws -> Tensor

    /// Decodes one picture to pixels, for what looks at several parts of it; transparent parts lie on white.
    /// - Parameters:
    ///   - side: Pixels that the long side keeps at least when the decoder leaves some out.
    ///   - limit: Pixels that there are at most; a picture with more is made smaller.
    ///   - isWanted: asked many times; false ends the work.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`, `deadline_exceeded`.
    func pixels(
        of bytes: Data, keeping side: Int, limit: Int, while isWanted: () -> Bool
    ) throws -> PixelPicture
}

extension ImageCodec {
    /// Decodes to the end: most codecs need no time that would be worth saving.
    package func decode(
        _ bytes: Data, for preprocessing: ImagePreprocessing, while isWanted: () -> Bool
    ) throws -> Tensor {
        try decode(bytes, for: preprocessing)
    }
}

package import struct Foundation.Data

/// Decodes pictures; only the worker has one.
package protocol ImageCodec: Sendable {
    /// Decodes, turns upright (EXIF), flattens alpha, resizes and normalises one picture.
    ///
    /// - Returns: float32 values in the layout of `preprocessing`, shape `[3, height, width]` or `[height, width, 3]`.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor
}

import CVips
package import HearthCore
import HearthJSON

package import struct Foundation.Data

/// Decodes pictures with libvips: JPEG, PNG, WebP, the first frame of GIF, the first page of TIFF.
///
/// Any number of threads may decode at once; each call decodes on the thread that made it.
package struct VipsCodec: ImageCodec {
    /// Starts libvips. Changes the process' environment once: make it before other threads run.
    /// - Throws: ``HearthError`` `internal_error` when the library does not start.
    package init() throws(HearthError) { try VipsLibrary.startOnce() }

    /// A picture as the tensor that a model takes.
    /// - Throws: ``HearthError`` `invalid_image`.
    package func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor {
        try decode(bytes, for: preprocessing) { true }
    }

    /// The same for an answer that may not be wanted any more before it is there.
    ///
    /// A decoder is ended by an end of its input, of which it gets a few kilobytes at a time, and between strips of
    /// rows. A GIF is not ended: its one frame takes less than a second at the size that ``ImageProbe`` lets through.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `deadline_exceeded`.
    package func decode(
        _ bytes: Data, for preprocessing: ImagePreprocessing, while isWanted: () -> Bool
    ) throws -> Tensor {
        try Self.withPicture(bytes, while: isWanted) { input, header throws(HearthError) in
            try Self.tensor(
                of: Self.open(input, header, for: preprocessing), for: preprocessing, while: input.isWanted)
        }
    }

    /// Calls `body` with a picture that can be opened, and what its header says.
    static func withPicture<Result>(
        _ bytes: Data, while isWanted: () -> Bool,
        _ body: (PictureInput, ImageHeader) throws(HearthError) -> Result
    ) throws -> Result {
        // libvips keeps scratch buffers for each thread that calls it; ours come and go.
        defer { vips_thread_shutdown() }
        return try withoutActuallyEscaping(isWanted) { isWanted in
            try bytes.withBytes { bytes throws(HearthError) in
                // What a picture is, is decided in one place for all processes; the decoder's own look comes second.
                let header = try ImageProbe.inspect(bytes)
                guard header.format == .png, let slim = PNGChunks.withoutText(bytes) else {
                    return try Self.withInput(bytes, header, while: isWanted, body)
                }
                return try slim.withBytes { bytes throws(HearthError) in
                    try Self.withInput(bytes, header, while: isWanted, body)
                }
            }
        }
    }

    private static func withInput<Result>(
        _ bytes: UnsafeRawBufferPointer, _ header: ImageHeader, while isWanted: @escaping () -> Bool,
        _ body: (PictureInput, ImageHeader) throws(HearthError) -> Result
    ) throws(HearthError) -> Result {
        let input = PictureInput(bytes, while: isWanted)
        defer { withExtendedLifetime(input) {} }
        do {
            return try body(input, header)
        } catch {
            // To a decoder, an input that was ended is a damaged one.
            throw input.hasEnded ? PictureInput.late : error
        }
    }

    /// The picture ready to be decoded once: made smaller by its decoder, streamed from top to bottom.
    private static func open(
        _ input: PictureInput, _ header: ImageHeader, for preprocessing: ImagePreprocessing
    ) throws(HearthError) -> VipsPicture {
        let isTurned = OrientedWalk.isTurned(header.orientation ?? 1)
        let shrink =
            header.format.shrinksOnLoad
            ? PictureGeometry.shrinkOnLoad(
                width: header.width, height: header.height, isTurned: isTurned, preprocessing: preprocessing)
            : 1
        let geometry = PictureGeometry(
            loadedWidth: max(1, header.width / shrink), loadedHeight: max(1, header.height / shrink),
            isTurned: isTurned, preprocessing: preprocessing)
        return try open(input, header, shrink: shrink, sequential: !geometry.enlarges)
    }

    /// The picture ready to be decoded once, by a decoder that leaves out pixels.
    static func open(
        _ input: PictureInput, _ header: ImageHeader, shrink: Int, sequential: Bool
    ) throws(HearthError) -> VipsPicture {
        // The frame of a lossy WebP is held at the size that it is decoded to.
        if header.format == .webp {
            try ImageProbe.checkHeld(
                (header.width / shrink + 1) * (header.height / shrink + 1) * 4, .webp, unless: "in another format")
        }
        let picture = try VipsPicture.open(input, header, shrink: shrink, sequential: sequential)
        // The least that the decoder found before it shrank: it may read another header than the probe did.
        try checkLimits(width: (picture.width - 1) * shrink + 1, height: (picture.height - 1) * shrink + 1)
        return picture
    }

    /// - Throws: ``HearthError`` `image_too_large`, before any pixel exists.
    static func checkLimits(width: Int, height: Int) throws(HearthError) {
        guard width <= Limits.imageSide, height <= Limits.imageSide, width * height <= Limits.imagePixels else {
            let megapixels = Limits.imagePixels / 1_000_000
            throw HearthError(
                .imageTooLarge, "The image is \(width) x \(height) pixels.",
                hint: "At most \(Limits.imageSide) pixels a side and \(megapixels) megapixels.")
        }
    }

    static func otherBands(_ bands: Int) -> HearthError {
        HearthError(
            .unsupportedMediaType, "Pictures with \(bands) colour channels are not supported.",
            hint: "Send gray, RGB or CMYK.")
    }

    private static func tensor(
        of loaded: VipsPicture, for preprocessing: ImagePreprocessing, while isWanted: () -> Bool
    ) throws(HearthError) -> Tensor {
        let orientation = loaded.orientation
        var picture = loaded
        if picture.hasAlpha {
            // Before scaling, or the colour of invisible pixels bleeds into visible ones.
            picture = try picture.isPlain ? picture : picture.plain()
            picture = try picture.flattened(over: preprocessing.background)
        }
        let geometry = PictureGeometry(
            loadedWidth: picture.width, loadedHeight: picture.height,
            isTurned: OrientedWalk.isTurned(orientation), preprocessing: preprocessing)
        if geometry.source.width != picture.width || geometry.source.height != picture.height {
            picture = try picture.cropped(to: geometry.source)
        }
        let isSmall = picture.width <= geometry.width && picture.height <= geometry.height
        let isOther = geometry.width != picture.width || geometry.height != picture.height
        let resampler = isSmall && isOther ? PictureResampler(preprocessing.interpolation) : nil
        if isOther, resampler == nil {
            picture = try picture.resized(
                width: geometry.width, height: geometry.height, kernel: preprocessing.interpolation.kernel)
        }
        if !picture.isPlain { picture = try picture.plain() }
        let (width, height, bands) = (picture.width, picture.height, picture.bands)
        guard resampler != nil || (width == geometry.width && height == geometry.height), bands == 1 || bands == 3
        else {
            throw otherBands(bands)
        }
        let writer = TensorWriter(preprocessing)
        return try picture.withPixels(while: isWanted) { pixels in
            guard let resampler else {
                return writer.tensor(from: pixels, width: width, height: height, bands: bands, orientation: orientation)
            }
            let enlarged = resampler.enlarged(
                pixels, width: width, height: height, bands: bands, toWidth: geometry.width, height: geometry.height)
            return enlarged.withUnsafeBufferPointer { pixels in
                writer.tensor(
                    from: pixels, width: geometry.width, height: geometry.height, bands: bands,
                    orientation: orientation)
            }
        }
    }
}

extension ImagePreprocessing.Interpolation {
    /// The resampling kernel; all but nearest widen with the reduction, so nothing aliases.
    fileprivate var kernel: VipsKernel {
        switch self {
        case .nearest: VIPS_KERNEL_NEAREST
        case .bilinear: VIPS_KERNEL_LINEAR
        case .bicubic: VIPS_KERNEL_CUBIC
        case .lanczos: VIPS_KERNEL_LANCZOS3
        }
    }
}

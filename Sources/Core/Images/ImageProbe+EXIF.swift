extension ImageProbe {
    /// The orientation 1…8 of an EXIF block (a TIFF header and its first directory), nil when there is none.
    ///
    /// A malformed block is no reason to refuse a picture: decoders ignore it, and so does this.
    static func exifOrientation(_ bytes: ImageProbeBytes) -> Int? {
        guard let directory = ImageProbeTIFFDirectory(bytes), let value = directory.first(274)
        else { return nil }
        return (1...8).contains(value) ? value : nil
    }
}

/// What the structure of an encoded picture says about it.
package struct ImageHeader: Sendable, Equatable {
    package var format: ImageFormat
    /// Pixels as stored, before `orientation` is applied.
    package var width: Int
    package var height: Int
    /// EXIF orientation 1…8; nil when the file says none.
    package var orientation: Int?

    package init(format: ImageFormat, width: Int, height: Int, orientation: Int? = nil) {
        self.format = format
        self.width = width
        self.height = height
        self.orientation = orientation
    }
}

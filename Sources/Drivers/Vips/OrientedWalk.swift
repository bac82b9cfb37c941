/// How to walk over pixels as the file has them so that they come out upright (EXIF orientation, TIFF 6.0 tag 274).
struct OrientedWalk: Equatable {
    /// Size of the upright picture.
    let width: Int
    let height: Int
    /// Index of the pixel that comes out top left.
    let origin: Int
    /// Index steps for one pixel to the right, and one down, in the upright picture.
    let across: Int
    let down: Int

    /// - Parameters:
    ///   - width: Pixels across in the file.
    ///   - height: Pixels down in the file.
    ///   - orientation: 1…8; anything else counts as 1.
    init(width: Int, height: Int, orientation: Int) {
        let lastColumn = width - 1
        let lastRow = (height - 1) * width
        switch orientation {
        case 2: (origin, across, down) = (lastColumn, -1, width)
        case 3: (origin, across, down) = (lastRow + lastColumn, -1, -width)
        case 4: (origin, across, down) = (lastRow, 1, -width)
        case 5: (origin, across, down) = (0, width, 1)
        case 6: (origin, across, down) = (lastRow, -width, 1)
        case 7: (origin, across, down) = (lastRow + lastColumn, -width, -1)
        case 8: (origin, across, down) = (lastColumn, width, -1)
        default: (origin, across, down) = (0, 1, width)
        }
        let isTurned = Self.isTurned(orientation)
        self.width = isTurned ? height : width
        self.height = isTurned ? width : height
    }

    /// Whether the orientation exchanges width and height.
    static func isTurned(_ orientation: Int) -> Bool { (5...8).contains(orientation) }
}

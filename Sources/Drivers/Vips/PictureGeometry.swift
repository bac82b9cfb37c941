import HearthCore

/// A rectangle of whole pixels.
struct PictureArea: Equatable {
    var left: Int
    var top: Int
    var width: Int
    var height: Int
}

/// Which part of a picture is used and how large it becomes, before it is turned upright. Pure arithmetic.
struct PictureGeometry: Equatable {
    /// The part of the loaded picture that is used.
    let source: PictureArea
    /// Its size after scaling, still lying as the file has it.
    let width: Int
    let height: Int

    /// Whether a direction gets more pixels than it has; such pictures are not read strictly from top to bottom.
    var enlarges: Bool { width > source.width || height > source.height }

    /// - Parameters:
    ///   - loadedWidth: Pixels across, as decoded (after shrink-on-load), not yet turned upright.
    ///   - loadedHeight: Pixels down.
    ///   - isTurned: Whether the orientation exchanges width and height.
    init(loadedWidth: Int, loadedHeight: Int, isTurned: Bool, preprocessing: ImagePreprocessing) {
        let targetWidth = isTurned ? preprocessing.height : preprocessing.width
        let targetHeight = isTurned ? preprocessing.width : preprocessing.height
        var area = PictureArea(left: 0, top: 0, width: loadedWidth, height: loadedHeight)
        switch preprocessing.resize {
        case .stretch:
            width = targetWidth
            height = targetHeight
        case .cover:
            // Cutting before scaling gives the same picture and never scales pixels that are thrown away.
            let across = Double(loadedWidth) * Double(targetHeight)
            let down = Double(loadedHeight) * Double(targetWidth)
            if across > down {
                area.width = Self.centred(down / Double(targetHeight), within: loadedWidth)
            } else if down > across {
                area.height = Self.centred(across / Double(targetWidth), within: loadedHeight)
            }
            area.left = (loadedWidth - area.width) / 2
            area.top = (loadedHeight - area.height) / 2
            width = targetWidth
            height = targetHeight
        case .letterbox:
            let scale = min(Double(targetWidth) / Double(loadedWidth), Double(targetHeight) / Double(loadedHeight))
            width = min(targetWidth, max(1, Int((Double(loadedWidth) * scale).rounded())))
            height = min(targetHeight, max(1, Int((Double(loadedHeight) * scale).rounded())))
        }
        source = area
    }

    /// How much smaller the decoder may make the picture: leaves twice the needed pixels to the resampling kernel.
    static func shrinkOnLoad(
        width: Int, height: Int, isTurned: Bool, preprocessing: ImagePreprocessing
    ) -> Int {
        let targetWidth = Double(isTurned ? preprocessing.height : preprocessing.width)
        let targetHeight = Double(isTurned ? preprocessing.width : preprocessing.height)
        let across = Double(width) / targetWidth
        let down = Double(height) / targetHeight
        let factor = preprocessing.resize == .letterbox ? max(across, down) : min(across, down)
        return [8, 4, 2].first { factor >= 2 * Double($0) } ?? 1
    }

    /// A length near `ideal` that leaves equal margins, so that mirrored pictures are cut at the same pixels.
    private static func centred(_ ideal: Double, within length: Int) -> Int {
        let rounded = min(length, max(1, Int(ideal.rounded())))
        // Below some pixels an odd margin matters less than the aspect.
        return rounded >= 32 && (length - rounded) % 2 == 1 ? rounded - 1 : rounded
    }
}

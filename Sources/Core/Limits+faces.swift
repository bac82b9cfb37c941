extension Limits {
    // MARK: Faces

    /// Faces of one picture that are described; of more, the largest.
    package static let facesPerPicture = 100
    /// Boxes of one pass of a detector that are compared with each other; of more, those with the highest scores.
    package static let faceCandidates = 1_000
    /// A picture whose decoder can leave out pixels keeps so many on its long side, for each tile of a side …
    package static let facePictureSide = 1_536
    /// … and any picture is made smaller to have no more pixels than this.
    package static let facePicturePixels = 12_000_000
    /// Long side of a picture as a detector may be asked to see it, in pixels.
    package static let faceSearchSides = 32...2_048
    /// Margin around a picture, in parts of its long side.
    package static let faceSearchPadding: ClosedRange<Float> = 0...2
    /// Tiles of a side that are searched beside the whole picture; 1: none.
    package static let faceSearchTiles = 1...4
}

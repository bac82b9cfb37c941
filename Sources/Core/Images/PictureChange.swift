/// A usual change of a picture: what happens to it on its way from one app, page or camera to the next.
///
/// An evaluation makes these changes, so that a user sees which of them a model bears.
package enum PictureChange: String, Sendable, Codable, CaseIterable {
    case smaller
    case cropped
    case compressed
    case mirrored
    case darker
    case brighter
    case grey
    case tilted
    case turned
    case darkBackground = "dark_background"
    case busyBackground = "busy_background"

    /// What is done, in a few words for a table; the numbers are those of the driver.
    package var summary: String {
        switch self {
        case .smaller: "a third of its size"
        case .cropped: "cropped by a tenth on each side"
        case .compressed: "JPEG of quality 30"
        case .mirrored: "mirrored"
        case .darker: "darker by 40 %"
        case .brighter: "brighter by 40 %"
        case .grey: "without colour"
        case .tilted: "turned by 10°"
        case .turned: "turned by 90°"
        case .darkBackground: "on a dark background"
        case .busyBackground: "on a background of spots"
        }
    }

    /// Whether only pictures with transparent parts can be changed so.
    package var needsTransparency: Bool { self == .darkBackground || self == .busyBackground }
}

import HearthCore

/// How the camera moves through a shot.
enum CameraMove: String, Equatable, CaseIterable {
    case pushIn = "push_in"
    case pullOut = "pull_out"
    case panLeft = "pan_left"
    case panRight = "pan_right"
    case tiltUp = "tilt_up"
    case tiltDown = "tilt_down"

    /// What the camera sees: a part of the picture, as enlargement and middle.
    struct View: Equatable {
        /// 1 shows all of the picture.
        var zoom: Double
        /// 0…1 of the picture's width and height.
        var x: Double
        var y: Double
    }

    /// What it sees at the beginning and at the end.
    /// - Parameters:
    ///   - focus: What the shot is about, 0…1 of the picture.
    ///   - zoom: How near the camera is at its nearest.
    func views(focus: (x: Double, y: Double), zoom: Double) -> (from: View, to: View) {
        // Pixels for a movement to the side.
        let near = max(zoom, 1.14)
        let wide = 1.0 + (near - 1) * 0.28
        func inside(_ value: Double, _ zoom: Double) -> Double { min(max(value, 0.5 / zoom), 1 - 0.5 / zoom) }
        func view(_ zoom: Double, _ x: Double, _ y: Double) -> View {
            View(zoom: zoom, x: inside(x, zoom), y: inside(y, zoom))
        }
        let (x, y) = focus
        let step = 0.5 * (1 - 1 / near)
        switch self {
        case .pushIn: return (view(wide, 0.5 + (x - 0.5) * 0.4, 0.5 + (y - 0.5) * 0.4), view(near, x, y))
        case .pullOut: return (view(near, x, y), view(wide, 0.5 + (x - 0.5) * 0.4, 0.5 + (y - 0.5) * 0.4))
        case .panLeft: return (view(near, x + step, y), view(near, x - step, y))
        case .panRight: return (view(near, x - step, y), view(near, x + step, y))
        case .tiltUp: return (view(near, x, y + step), view(near, x, y - step))
        case .tiltDown: return (view(near, x, y - step), view(near, x, y + step))
        }
    }

    private static let asked: [(words: [String], moves: [CameraMove])] = [
        (["walk", "run", "chase", "ride", "drive", "fly", "cross", "follow", "march"], [.panRight, .panLeft]),
        (["look up", "looks up", "tower", "rise", "climb", "sky", "star", "moon"], [.tiltUp]),
        (["fall", "down", "rain", "kneel", "floor", "ground"], [.tiltDown]),
        (["reveal", "city", "landscape", "horizon", "alone", "crowd"], [.pullOut]),
        (["face", "eye", "smile", "whisper", "close", "notice", "see"], [.pushIn]),
    ]

    /// A movement that the words ask for, or one that suits the distance; not the one before.
    static func fitting(
        _ text: String, framing: BeatPlan.Framing, after: CameraMove?, random: inout SeededRandom
    ) -> CameraMove {
        let words = text.lowercased()
        let wanted = asked.first { $0.words.contains(where: words.contains) }?.moves ?? []
        let suited: [CameraMove] =
            switch framing {
            case .wide: [.pushIn, .panRight, .panLeft, .tiltUp]
            case .medium: [.pushIn, .panLeft, .panRight, .pullOut]
            case .close: [.pushIn, .pullOut]
            }
        let choices = wanted.filter { $0 != after }
        if !choices.isEmpty { return random.pick(choices) }
        let others = suited.filter { $0 != after }
        return random.pick(others.isEmpty ? suited : others)
    }
}

import HearthCore

/// The graph of filters by which ffmpeg makes a video of stills and captions.
///
/// Each still is larger than the frame. `perspective` moves a window over it by parts of a pixel, so that slow
/// movements do not tremble; `crop` and `zoompan` move by whole pixels. `loop` repeats a still that was decoded once;
/// the option of the same name decodes it for every frame, which takes as long as all the rest.
struct AnimaticFilter {
    /// One shot, with its still and the strip below it as inputs of ffmpeg, in this order.
    struct Shot: Equatable {
        let frames: Int
        let from: CameraMove.View
        let to: CameraMove.View
    }

    let shots: [Shot]
    /// Of the video.
    let size: PixelSize
    /// Of the part above the strip.
    let pictureHeight: Int
    /// The frame that stands for the video.
    let bestFrame: Int

    /// The shot that the best frame is of, and which of its frames it is.
    private var best: (shot: Int, frame: Int) {
        var before = 0
        for (index, shot) in shots.enumerated() {
            if bestFrame < before + shot.frames { return (index, max(bestFrame - before, 0)) }
            before += shot.frames
        }
        return (max(shots.count - 1, 0), max((shots.last?.frames ?? 1) - 1, 0))
    }

    /// Frames in which the video disappears. It begins at once: players show the first frame before they play.
    private static let fadeFrames = 10

    /// The value of `-filter_complex`; its outputs are `[out]`, and `[still]` with one frame.
    ///
    /// The still has a branch of its own from its shot's pictures on. Selected from the video's frames it would be an
    /// output that waits for one late frame, and ffmpeg computes for the output that is behind: it would filter all
    /// frames before it encodes the first, keep them all in memory meanwhile, and leave processors idle.
    var text: String {
        let best = best
        let parts = shots.enumerated().map { index, shot in
            guard index == best.shot else { return frames(of: shot, index, "\(index * 2):v", "\(index * 2 + 1):v") }
            return "[\(index * 2):v]split[m][sm];[\(index * 2 + 1):v]split[c][sc];"
                + frames(of: shot, index, "m", "c")
                + "[sm]format=yuv420p,\(perspective(shot, only: best.frame)),\(fitted)[sp];"
                + "[sp][sc]overlay=0:\(pictureHeight)[still];"
        }
        let total = shots.reduce(0) { $0 + $1.frames }
        let fade = min(Self.fadeFrames, total / 4)
        let inputs = shots.indices.map { "[v\($0)]" }.joined()
        let fades = fade > 0 ? ",fade=out:\(total - fade):\(fade)" : ""
        return parts.joined() + "\(inputs)concat=n=\(shots.count):v=1:a=0\(fades),format=yuv420p[out]"
    }

    /// All frames of a shot, from the still and the strip with these labels.
    private func frames(of shot: Shot, _ index: Int, _ still: String, _ strip: String) -> String {
        "[\(still)]format=yuv420p,loop=loop=\(shot.frames - 1):size=1:start=0,setpts=N/FRAME_RATE/TB,"
            + "\(perspective(shot)),\(fitted)[p\(index)];"
            + "[p\(index)][\(strip)]overlay=0:\(pictureHeight):eof_action=repeat[v\(index)];"
    }

    /// Scales the visible part of the board to the size of the video, with room for the strip below it.
    private var fitted: String {
        "scale=\(size.width):\(pictureHeight):flags=bicubic,setsar=1,pad=\(size.width):\(size.height):0:0"
    }

    /// Where the four corners of the frame lie on the still, for each frame: slow at both ends.
    /// - Parameter frame: The only frame that is wanted; nil: all of them. `on` counts from 1.
    private func perspective(_ shot: Shot, only frame: Int? = nil) -> String {
        let number = frame.map { "\($0)" } ?? "(on-1)"
        let progress = "clip(\(number)/\(max(shot.frames - 1, 1)),0,1)"
        let ease = "(\(progress)*\(progress)*(3-2*\(progress)))"
        func between(_ from: Double, _ to: Double) -> String {
            "(\(Self.number(from))+(\(Self.number(to - from)))*\(ease))"
        }
        func edges(_ centre: KeyPath<CameraMove.View, Double>, _ length: String) -> (low: String, high: String) {
            let (from, to) = (shot.from, shot.to)
            func edge(_ view: CameraMove.View, _ sign: Double) -> Double {
                view[keyPath: centre] + sign * 0.5 / view.zoom
            }
            return (
                "\(length)*\(between(edge(from, -1), edge(to, -1)))", "\(length)*\(between(edge(from, 1), edge(to, 1)))"
            )
        }
        let (left, right) = edges(\.x, "W")
        let (top, bottom) = edges(\.y, "H")
        return "perspective=x0='\(left)':y0='\(top)':x1='\(right)':y1='\(top)':x2='\(left)':y2='\(bottom)'"
            + ":x3='\(right)':y3='\(bottom)':interpolation=cubic:sense=source:eval=frame"
    }

    /// With six digits behind the point, whatever the machine's language is.
    private static func number(_ value: Double) -> String {
        let millionths = Int((value * 1_000_000).rounded())
        let (whole, rest) = (abs(millionths) / 1_000_000, abs(millionths) % 1_000_000)
        let digits = String(rest)
        return "\(millionths < 0 ? "-" : "")\(whole)." + String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }
}

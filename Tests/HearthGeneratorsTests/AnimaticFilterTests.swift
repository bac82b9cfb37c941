import HearthCore
import Testing

@testable import HearthGenerators

/// The graph that ffmpeg gets.
struct AnimaticFilterTests {
    private static let view = CameraMove.View(zoom: 1.1, x: 0.5, y: 0.5)

    private func text(bestFrame: Int) -> String {
        let shots = [24, 30].map { AnimaticFilter.Shot(frames: $0, from: Self.view, to: Self.view) }
        return AnimaticFilter(
            shots: shots, size: PixelSize(width: 640, height: 360), pictureHeight: 314, bestFrame: bestFrame
        ).text
    }

    /// An output that waits for a late frame lets ffmpeg keep all frames before it in memory.
    @Test func theStillDoesNotWaitForTheVideo() {
        for frame in [0, 23, 24, 53] {
            let parts = text(bestFrame: frame).split(separator: ";")
            #expect(!parts.contains { $0.contains("select") })
            #expect(parts.last?.hasSuffix("[out]") == true)
            #expect(parts.filter { $0.hasSuffix("[still]") }.count == 1)
        }
    }

    @Test(arguments: [(0, 0, "0/23"), (23, 0, "23/23"), (24, 1, "0/29"), (40, 1, "16/29"), (99, 1, "29/29")])
    func theStillComesFromItsShot(frame: Int, shot: Int, progress: String) {
        let text = text(bestFrame: frame)
        #expect(text.contains("[\(shot * 2):v]split") && text.contains("clip(\(progress),"))
        #expect(text.split(separator: "split[").count == 3, "a still and its strip are used twice, the others once")
    }
}

import HearthCore
import HearthInference
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// How a picture is laid before a detector, and how boxes come back.
@Suite struct FaceCanvasTests {
    private static let square = ImagePreprocessing(width: 640, height: 640, resize: .letterbox)
    private static let wide = ImagePreprocessing(width: 320, height: 240, resize: .stretch)

    private func canvas(
        _ width: Double, _ height: Double, _ search: FaceSearch = .standard, image: ImagePreprocessing = square,
        multiple: Int? = nil
    ) -> FaceCanvas {
        FaceCanvas(
            showing: .init(x: 0, y: 0, width: width, height: height), by: search, image: image, multiple: multiple)
    }

    private func isNear(_ one: PicturePlace, _ x: Double, _ y: Double) -> Bool {
        abs(one.x - x) < 1e-6 && abs(one.y - y) < 1e-6
    }

    @Test(arguments: [
        (1_280.0, 720.0, 640, 384), (720, 1_280, 384, 640), (640, 480, 640, 480), (1_000, 1_000, 640, 640),
        (4_000, 10, 640, 32), (1, 1, 640, 640), (1, 3_000, 32, 640), (1_279, 719, 640, 384),
    ])
    func aGraphForAnySizeGetsNoMoreThanItNeeds(width: Double, height: Double, across: Int, down: Int) {
        let canvas = canvas(width, height, multiple: 32)
        #expect(canvas.width == across && canvas.height == down)
        let fixed = self.canvas(width, height)
        #expect(
            fixed.width == 640 && fixed.height == 640 && fixed.map == canvas.map && fixed.drawing == canvas.drawing,
            "the same pixels, more margin")
    }

    @Test func aStretchedInputShowsAllOfThePicture() {
        let canvas = canvas(1_000, 500, image: Self.wide)
        #expect(isNear(canvas.map(PicturePlace(x: 320, y: 240)), 1_000, 500))
        let smaller = self.canvas(1_000, 500, FaceSearch(longSide: 160), image: Self.wide)
        #expect(isNear(smaller.map(PicturePlace(x: 160, y: 120)), 1_000, 500) && smaller.width == 320)
    }

    @Test func aSearchMakesThePictureSmallerAndGivesItAMargin() {
        let small = canvas(1_280, 720, FaceSearch(longSide: 320), multiple: 32)
        #expect(small.width == 320 && small.height == 192 && abs(small.map.xx - 4) < 1e-9)
        let fixed = canvas(1_280, 720, FaceSearch(longSide: 320))
        #expect(fixed.width == 640 && abs(fixed.map.xx - 4) < 1e-9, "its own size, mostly margin")
        let padded = canvas(600, 600, FaceSearch(padding: 0.25))
        #expect(isNear(padded.map(PicturePlace(x: 0, y: 0)), -150, -150))
        #expect(isNear(padded.map(PicturePlace(x: 640, y: 640)), 750, 750))
    }

    @Test(arguments: 0...3)
    func aTurnedPictureGivesTheSameBoxes(turns: Int) {
        let canvas = canvas(800, 400, FaceSearch(quarterTurns: turns), multiple: 32)
        #expect(turns % 2 == 1 ? canvas.width < canvas.height : canvas.width > canvas.height)
        // The picture's upper left corner, where a clockwise turn brings it.
        let corner = [PicturePlace(x: 0, y: 0), .init(x: 320, y: 0), .init(x: 640, y: 320), .init(x: 0, y: 640)][turns]
        #expect(isNear(canvas.map(corner), 0, 0))
        // A box in the input, and the same on the picture.
        let region = PictureRegion(
            x: 0.25, y: 0.5, width: 0.125, height: 0.25, score: 0.9, points: [.init(x: 0.25, y: 0.5)])
        let box = canvas.region(region)
        #expect(box.width > 0 && box.height > 0 && box.score == 0.9)
        #expect(box.left >= 0 && box.right <= 800.001 && box.top >= 0 && box.bottom <= 400.001)
        let area = Double(canvas.width) * 0.125 * Double(canvas.height) * 0.25 * 1.25 * 1.25
        #expect(abs(box.area - area) < 1e-6)
        let point = box.points[0]
        let corners = [(box.left, box.top), (box.left, box.bottom), (box.right, box.bottom), (box.right, box.top)]
        #expect(isNear(point, corners[turns].0, corners[turns].1), "the box's corner, as the picture lies")
    }

    @Test func aPartOfAPictureIsShownWhereItLies() {
        let canvas = FaceCanvas(
            showing: .init(x: 100, y: 50, width: 320, height: 320), by: .standard, image: Self.square, multiple: 32)
        let box = canvas.region(PictureRegion(x: 0.5, y: 0.5, width: 0.25, height: 0.25, score: 1))
        #expect(abs(box.left - 260) < 1e-6 && abs(box.top - 210) < 1e-6 && abs(box.width - 80) < 1e-6)
    }

    @Test func boxesOfOneFaceAreOne() {
        func box(_ left: Double, _ right: Double, _ score: Float) -> FaceBox {
            FaceBox(left: left, top: 0, right: right, bottom: 10, score: score, points: [])
        }
        let boxes = [box(0, 10, 0.7), box(1, 11, 0.9), box(9, 19, 0.8), box(30, 40, 0.6)]
        let best = FaceOverlap(limit: 0.3).best(of: boxes, score: \.score) { $0 }
        #expect(best.map(\.score) == [0.9, 0.8, 0.6])
        #expect(FaceOverlap(limit: 0.05).best(of: boxes, score: \.score) { $0 }.map(\.score) == [0.9, 0.6])
    }
}

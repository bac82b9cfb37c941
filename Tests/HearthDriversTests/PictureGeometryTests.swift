import HearthCore
import Testing

@testable import HearthVips

@Suite struct PictureGeometryTests {
    private func geometry(
        _ width: Int, _ height: Int, resize: ImagePreprocessing.Resize, isTurned: Bool = false, to size: (Int, Int)
    ) -> PictureGeometry {
        PictureGeometry(
            loadedWidth: width, loadedHeight: height, isTurned: isTurned,
            preprocessing: ImagePreprocessing(width: size.0, height: size.1, resize: resize))
    }

    @Test func coverCutsEqualMargins() {
        let wide = geometry(640, 480, resize: .cover, to: (224, 224))
        #expect(wide.source == PictureArea(left: 80, top: 0, width: 480, height: 480))
        let odd = geometry(641, 480, resize: .cover, to: (224, 224))
        #expect(odd.source == PictureArea(left: 81, top: 0, width: 479, height: 480))
        #expect(odd.source.left * 2 + odd.source.width == 641)
    }

    @Test func coverOfATurnedPictureCutsWhatWillBeUpright() {
        let turned = geometry(480, 640, resize: .cover, isTurned: true, to: (200, 100))
        #expect((turned.width, turned.height) == (100, 200))
        #expect(turned.source == PictureArea(left: 80, top: 0, width: 320, height: 640))
    }

    @Test func extremeAspectsKeepAtLeastOnePixel() {
        for resize in ImagePreprocessing.Resize.allCases {
            for (width, height) in [(8_000, 1), (1, 8_000), (1, 1), (2, 1)] {
                let result = geometry(width, height, resize: resize, to: (224, 224))
                #expect(result.width >= 1 && result.height >= 1)
                #expect(result.width <= 224 && result.height <= 224)
                #expect(result.source.width >= 1 && result.source.height >= 1)
                #expect(result.source.left >= 0 && result.source.left + result.source.width <= width)
                #expect(result.source.top >= 0 && result.source.top + result.source.height <= height)
            }
        }
    }

    @Test func decoderShrinksOnlyWhenTwiceThePixelsRemain() {
        let target = ImagePreprocessing(width: 224, height: 224)
        func shrink(_ width: Int, _ height: Int) -> Int {
            PictureGeometry.shrinkOnLoad(width: width, height: height, isTurned: false, preprocessing: target)
        }
        #expect(shrink(895, 2_000) == 1)
        #expect(shrink(896, 896) == 2)
        #expect(shrink(1_792, 1_792) == 4)
        #expect(shrink(4_000, 3_584) == 8)
        #expect(shrink(30_000, 100) == 1)
    }

    @Test func everyOrientationVisitsEachPixelOnce() {
        for orientation in 0...9 {
            let walk = OrientedWalk(width: 5, height: 3, orientation: orientation)
            let visited = (0..<walk.height).flatMap { y in
                (0..<walk.width).map { x in walk.origin + x * walk.across + y * walk.down }
            }
            #expect(visited.sorted() == Array(0..<15), "orientation \(orientation)")
            #expect(OrientedWalk.isTurned(orientation) == (walk.width == 3))
        }
    }
}

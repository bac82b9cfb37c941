import HearthCore
import Testing

@testable import HearthGenerators

/// Where pictures lie on a board, for every size, number and shape of them.
@Suite struct BoardLayoutTests {
    private static let sizes = [
        PixelSize(width: 1_280, height: 720), PixelSize(width: 720, height: 1_280),
        PixelSize(width: 1_024, height: 1_024),
        PixelSize(width: 320, height: 320), PixelSize(width: 2_160, height: 320), PixelSize(width: 320, height: 2_160),
        PixelSize(width: 1_920, height: 800),
    ]
    private static let shapes = [
        PictureShape(size: PixelSize(width: 512, height: 512), isCutout: false),
        PictureShape(size: PixelSize(width: 300, height: 1_500), isCutout: false),
        PictureShape(size: PixelSize(width: 1_600, height: 400), isCutout: false),
        PictureShape(size: PixelSize(width: 400, height: 900), isCutout: true),
        PictureShape(size: PixelSize(width: 640, height: 480), isCutout: true),
        PictureShape(size: PixelSize(width: 1, height: 1), isCutout: false),
        PictureShape(size: PixelSize(width: 800, height: 800), isCutout: false),
    ]

    private func layouts(_ check: (BoardLayout, String) -> Void) {
        for size in Self.sizes {
            for count in 0...Self.shapes.count {
                for leads in 0...min(count, 3) {
                    for weight in [0, 0.4, 0.8, 1] {
                        for seed in Int64(1)...4 {
                            let shapes = Array((Self.shapes + Self.shapes)[Int(seed)..<(Int(seed) + count)])
                            let layout = BoardLayout(
                                size: size, shapes: shapes, leads: Array(0..<leads), weight: weight, seed: seed)
                            check(layout, "\(size) \(count) pictures, \(leads) large, weight \(weight), seed \(seed)")
                        }
                    }
                }
            }
        }
    }

    @Test func noPictureLiesOnAnotherOneOrLeavesTheFrame() {
        layouts { layout, name in
            for (index, placement) in layout.placements.enumerated() {
                #expect(layout.frame.contains(placement.outline), "\(name)")
                #expect(placement.card?.contains(placement.box) ?? true, "\(name)")
                for other in layout.placements.dropFirst(index + 1) {
                    #expect(!placement.outline.overlaps(other.outline), "\(name)")
                }
            }
        }
    }

    @Test func frameAndSlateShareTheBoard() {
        layouts { layout, name in
            #expect(layout.frame.bottom == layout.slate.y && layout.slate.bottom == layout.size.height, "\(name)")
            #expect(layout.slate.height > layout.size.height / 6, "\(name)")
        }
    }

    @Test func aGreaterWeightGivesThePicturesMoreOfTheFrame() {
        for size in Self.sizes {
            for shape in Self.shapes where shape.size.width > 1 {
                let shares = stride(from: 0.0, through: 1, by: 0.1).map { weight in
                    BoardLayout(size: size, shapes: [shape], leads: [0], weight: weight, seed: 7).share
                }
                #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 }, "\(size) \(shape): \(shares)")
                #expect(shares[0] > 0, "a reference is never dropped, however little it weighs")
                #expect(shares[10] > shares[0])
            }
        }
    }

    @Test func picturesKeepTheirRelationOfWidthToHeight() {
        for shape in Self.shapes where shape.size.width > 1 {
            let layout = BoardLayout(
                size: PixelSize(width: 1_280, height: 720), shapes: [shape], leads: [0], weight: 0.8, seed: 1)
            let box = layout.placements[0].box
            let aspect = Double(box.width) / Double(box.height)
            #expect(abs(aspect / shape.aspect - 1) < 0.06, "\(shape): \(box)")
        }
    }

    @Test func moreReferencesThanABoardHasRoomForLeaveOutTheLast() {
        let layout = BoardLayout(
            size: PixelSize(width: 1_280, height: 720), shapes: Self.shapes + Self.shapes, leads: [0, 1, 2, 3, 4],
            weight: 0.8, seed: 1)
        #expect(layout.placements.count == BoardLayout.largeCount + BoardLayout.smallCount)
        #expect(Set(layout.placements.map(\.index)).count == layout.placements.count)
    }
}

import CPictures
import Foundation
import HearthCore

extension PixelPicture {
    /// What a model sees of the picture, as the tensor of one picture: shape `[3, height, width]` or `[height, width,
    /// 3]`.
    ///
    /// Each pixel of it is weighed from the four around its place. Where several pixels of the picture fall into one,
    /// all of them count, unless the caller wants the four alone. Beyond the picture is the preprocessing's background.
    /// - Parameters:
    ///   - preprocessing: Order, layout and numbers; its size and its resizing are not used.
    ///   - map: From places in the tensor to places in the picture.
    ///   - averages: Whether all pixels count that fall into one.
    func tensor(
        _ preprocessing: ImagePreprocessing, width: Int, height: Int, map: AffineMap, averages: Bool = true
    ) -> Tensor {
        let isPlanar = preprocessing.layout == .nchw
        let plane = width * height
        let values = [Float](unsafeUninitializedCapacity: 3 * plane) { values, count in
            guard let start = values.baseAddress else { return }
            func slot(_ channel: Int) -> UnsafeMutablePointer<Float> {
                let place = preprocessing.channels == .rgb ? channel : 2 - channel
                return start + (isPlanar ? place * plane : place)
            }
            let numbers = (0..<3).map { channel in
                let (mean, deviation) = (preprocessing.mean[channel], preprocessing.std[channel])
                return (factor: preprocessing.scale / deviation, offset: -mean / deviation)
            }
            let outside = (0..<3).map { numbers[$0].factor * preprocessing.background[$0] + numbers[$0].offset }
            var canvas = hearth_canvas(
                red: slot(0), green: slot(1), blue: slot(2), width: Int32(width), height: Int32(height),
                step: isPlanar ? 1 : 3, factor: (numbers[0].factor, numbers[1].factor, numbers[2].factor),
                offset: (numbers[0].offset, numbers[1].offset, numbers[2].offset),
                outside: (outside[0], outside[1], outside[2]))
            draw(on: &canvas, map, averages: averages)
            count = 3 * plane
        }
        return Tensor(shape: isPlanar ? [3, height, width] : [height, width, 3], values: values)
    }

    private func draw(on canvas: inout hearth_canvas, _ map: AffineMap, averages: Bool) {
        bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            var pixels = hearth_pixels(
                origin: start + origin, width: Int32(width), height: Int32(height), across: across, down: down,
                band: bands == 1 ? 0 : 1)
            func drawPlainly() {
                var map = hearth_affine(map)
                hearth_draw(&pixels, &map, &canvas)
            }
            guard averages else { return drawPlainly() }
            if let reduction = PixelReduction(of: self, seenBy: map, width: canvas.width, height: canvas.height) {
                return reduction.draw(&pixels, on: &canvas)
            }
            let blocks = PixelBlocks(of: self, seenBy: map, width: Int(canvas.width), height: Int(canvas.height))
            guard let blocks else { return drawPlainly() }
            let means = [UInt8](unsafeUninitializedCapacity: 3 * blocks.columns * blocks.rows) { means, count in
                guard let first = means.baseAddress else { return }
                hearth_average(
                    &pixels, Int32(blocks.left), Int32(blocks.top), Int32(blocks.across), Int32(blocks.down),
                    Int32(blocks.columns), Int32(blocks.rows), first)
                count = 3 * blocks.columns * blocks.rows
            }
            means.withUnsafeBufferPointer { means in
                guard let first = means.baseAddress else { return }
                var averaged = hearth_pixels(
                    origin: first, width: Int32(blocks.columns), height: Int32(blocks.rows), across: 3,
                    down: 3 * blocks.columns, band: 1)
                var map = hearth_affine(blocks.map(map))
                hearth_draw(&averaged, &map, &canvas)
            }
        }
    }
}

/// Which part of a picture is averaged before it is drawn smaller, and by how much.
private struct PixelBlocks {
    /// Largest side of a block.
    private static let largest = 64.0

    let left: Int
    let top: Int
    /// Pixels of a block.
    let across: Int
    let down: Int
    let columns: Int
    let rows: Int

    /// - Returns: nil when no two pixels fall into one, or nothing of the picture is seen.
    init?(of picture: PixelPicture, seenBy map: AffineMap, width: Int, height: Int) {
        // How far one step on the canvas leads: a rotation leads as far in both directions.
        let (stepX, stepY) = (hypot(map.xx, map.xy), hypot(map.yx, map.yy))
        guard stepX.isFinite, stepY.isFinite, max(stepX, stepY) >= 2 else { return nil }
        across = Int(min(max(stepX, 1), Self.largest))
        down = Int(min(max(stepY, 1), Self.largest))
        let corners = [0, Double(width)].flatMap { x in
            [0, Double(height)].map { map(PicturePlace(x: x, y: $0)) }
        }
        // A block more on each side: places near the edge are weighed with it.
        func range(_ values: [Double], _ block: Int, _ length: Int) -> Range<Int>? {
            guard let least = values.min(), let most = values.max(), (most - least).isFinite else { return nil }
            let first = Int(min(max(least - Double(block), 0), Double(length)))
            let end = Int(min(max(most + Double(block) + 1, 0), Double(length)))
            return first < end ? first..<end : nil
        }
        guard let horizontal = range(corners.map(\.x), across, picture.width),
            let vertical = range(corners.map(\.y), down, picture.height)
        else { return nil }
        (left, top) = (horizontal.lowerBound, vertical.lowerBound)
        columns = (horizontal.count + across - 1) / across
        rows = (vertical.count + down - 1) / down
    }

    /// The map to places among the blocks.
    func map(_ map: AffineMap) -> AffineMap {
        let (width, height) = (Double(across), Double(down))
        return AffineMap(
            xx: map.xx / width, xy: map.xy / width, x0: (map.x0 - Double(left)) / width, yx: map.yx / height,
            yy: map.yy / height, y0: (map.y0 - Double(top)) / height)
    }
}

extension hearth_affine {
    init(_ map: AffineMap) {
        self.init(xx: map.xx, xy: map.xy, x0: map.x0, yx: map.yx, yy: map.yy, y0: map.y0)
    }
}

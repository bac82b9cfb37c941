import CPictures
import Foundation
import HearthCore

/// A picture brought to fewer pixels as the reference pipelines of detectors do it: each direction by itself, every
/// pixel of the picture weighed by its distance ("bilinear" of libraries that leave nothing out).
struct PixelReduction {
    /// Which pixels of one direction are made, and of what.
    private struct Taps {
        /// The first place of the canvas that shows the picture.
        let start: Int
        var first: [Int32] = []
        var count: [Int32] = []
        var weights: [Float] = []
        let most: Int

        /// - Parameters:
        ///   - step: Pixels of the picture for one of the canvas.
        ///   - offset: The picture's place at the canvas's edge.
        /// - Returns: nil when the canvas shows nothing of it.
        init?(step: Double, offset: Double, length: Int, among pixels: Int) {
            func centre(_ place: Int) -> Double { offset + (Double(place) + 0.5) * step }
            guard let start = (0..<length).first(where: { centre($0) >= 0 }), centre(start) < Double(pixels) else {
                return nil
            }
            self.start = start
            let reach = max(step, 1)
            most = Int((2 * reach).rounded(.up)) + 2
            for place in start..<length where centre(place) < Double(pixels) {
                let middle = centre(place)
                let first = max(0, Int((middle - reach + 0.5).rounded(.down)))
                let end = min(pixels, Int((middle + reach + 0.5).rounded(.down)))
                var values = (first..<max(first + 1, end)).map { 1 - abs((Double($0) + 0.5 - middle) / reach) }
                values = values.map { max($0, 0) }
                let total = values.reduce(0, +)
                self.first.append(Int32(first))
                count.append(Int32(values.count))
                weights += values.map { Float(total > 0 ? $0 / total : 1 / Double(values.count)) }
                weights += [Float](repeating: 0, count: most - values.count)
            }
        }

        func withTaps<Result>(_ body: (inout hearth_taps) -> Result) -> Result? {
            first.withUnsafeBufferPointer { first in
                count.withUnsafeBufferPointer { count in
                    weights.withUnsafeBufferPointer { weights in
                        guard let one = first.baseAddress, let two = count.baseAddress, let three = weights.baseAddress
                        else { return nil }
                        var taps = hearth_taps(
                            length: Int32(first.count), first: one, count: two, weights: three, most: Int32(most))
                        return body(&taps)
                    }
                }
            }
        }
    }

    /// Pixels of the picture for one of the canvas, at most: more would need long tables for nothing.
    private static let largest = 256.0

    private let across: Taps
    private let down: Taps
    private let columns: Int

    /// - Returns: nil for a map that turns or enlarges, or shows nothing.
    init?(of picture: PixelPicture, seenBy map: AffineMap, width: Int32, height: Int32) {
        guard map.xy == 0, map.yx == 0, map.xx >= 1, map.yy >= 1, map.xx > 1 || map.yy > 1,
            max(map.xx, map.yy) <= Self.largest, map.x0.magnitude < 1e9, map.y0.magnitude < 1e9,
            let across = Taps(step: map.xx, offset: map.x0, length: Int(width), among: picture.width),
            let down = Taps(step: map.yy, offset: map.y0, length: Int(height), among: picture.height)
        else { return nil }
        self.across = across
        self.down = down
        columns = picture.width
    }

    func draw(_ pixels: inout hearth_pixels, on canvas: inout hearth_canvas) {
        let size = 3 * across.first.count * down.first.count
        let reduced = [UInt8](unsafeUninitializedCapacity: size) { reduced, count in
            guard let start = reduced.baseAddress else { return }
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * columns) { line in
                guard let line = line.baseAddress else { return }
                _ = across.withTaps { across in
                    down.withTaps { down in hearth_reduce(&pixels, &across, &down, line, start) }
                }
            }
            count = size
        }
        reduced.withUnsafeBufferPointer { reduced in
            guard let start = reduced.baseAddress else { return }
            var source = hearth_pixels(
                origin: start, width: Int32(across.first.count), height: Int32(down.first.count), across: 3,
                down: 3 * across.first.count, band: 1)
            var map = hearth_affine(AffineMap(x0: -Double(across.start), y0: -Double(down.start)))
            hearth_draw(&source, &map, &canvas)
        }
    }
}

import Foundation
import HearthCore

/// Enlarges small pictures as the reference pipelines of models do: two passes, one a direction, each rounded to bytes.
///
/// The middle of the first pixel stands at 0.5 before and after, and what lies beyond the edge counts nothing; libvips
/// enlarges by another rule, which moves the picture by a part of a pixel and with it what a model sees.
struct PictureResampler {
    private let support: Double
    private let filter: (Double) -> Double

    /// - Returns: nil for the nearest pixel, which is not weighed.
    init?(_ interpolation: ImagePreprocessing.Interpolation) {
        switch interpolation {
        case .nearest: return nil
        case .bilinear: (support, filter) = (1, { max(0, 1 - abs($0)) })
        case .bicubic: (support, filter) = (2, Self.cubic)
        case .lanczos: (support, filter) = (3, { abs($0) < 3 ? Self.sinc($0) * Self.sinc($0 / 3) : 0 })
        }
    }

    /// Keys' cubic with a = −0.5 (1981).
    private static func cubic(_ x: Double) -> Double {
        let x = abs(x)
        if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
        return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }

    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }

    /// - Parameters:
    ///   - pixels: shape `[height, width, bands]`.
    ///   - newWidth: at least `width`, and `newHeight` at least `height`.
    /// - Returns: shape `[newHeight, newWidth, bands]`.
    func enlarged(
        _ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, bands: Int, toWidth newWidth: Int,
        height newHeight: Int
    ) -> [UInt8] {
        let across = weights(from: width, to: newWidth)
        var wide = [UInt8](repeating: 0, count: height * newWidth * bands)
        for row in 0..<height {
            for (column, weights) in across.enumerated() {
                for band in 0..<bands {
                    wide[(row * newWidth + column) * bands + band] = Self.sum(weights) { place in
                        pixels[(row * width + place) * bands + band]
                    }
                }
            }
        }
        let down = weights(from: height, to: newHeight)
        let line = newWidth * bands
        var result = [UInt8](repeating: 0, count: newHeight * line)
        for (row, weights) in down.enumerated() {
            for place in 0..<line {
                result[row * line + place] = Self.sum(weights) { wide[$0 * line + place] }
            }
        }
        return result
    }

    /// Which pixels make one of the enlarged ones, from the first on, and how much each counts.
    private struct Weights {
        let first: Int
        let values: [Double]
    }

    private func weights(from count: Int, to newCount: Int) -> [Weights] {
        let scale = Double(count) / Double(newCount)
        return (0..<newCount).map { place in
            let centre = (Double(place) + 0.5) * scale
            let first = max(0, Int((centre - support + 0.5).rounded(.down)))
            let end = min(count, Int((centre + support + 0.5).rounded(.down)))
            let values = (first..<max(first + 1, end)).map { filter(Double($0) + 0.5 - centre) }
            let total = values.reduce(0, +)
            return Weights(first: first, values: total == 0 ? values : values.map { $0 / total })
        }
    }

    @inline(__always)
    private static func sum(_ weights: Weights, _ value: (Int) -> UInt8) -> UInt8 {
        var sum = 0.5
        for (offset, weight) in weights.values.enumerated() { sum += weight * Double(value(weights.first + offset)) }
        return UInt8(min(max(sum, 0), 255))
    }
}

import HearthCore

/// Turns 8-bit pixels into a model's input in one pass: upright, centred, normalised, in the model's layout.
struct TensorWriter {
    private let preprocessing: ImagePreprocessing
    /// `(value * scale - mean) / std` of each byte, 256 entries for each of red, green and blue.
    private let table: [Float]

    init(_ preprocessing: ImagePreprocessing) {
        self.preprocessing = preprocessing
        table = (0..<3).flatMap { channel in
            (0..<256).map { Self.normalised(Float($0), channel: channel, preprocessing) }
        }
    }

    /// - Parameters:
    ///   - pixels: Shape `[height, width, bands]`, bands 1 (gray) or 3 (RGB).
    ///   - orientation: EXIF orientation 1…8 of these pixels.
    /// - Returns: Shape `[3, height, width]` or `[height, width, 3]` of the preprocessing.
    func tensor(
        from pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, bands: Int, orientation: Int
    ) -> Tensor {
        let walk = OrientedWalk(width: width, height: height, orientation: orientation)
        let isPlanar = preprocessing.layout == .nchw
        let (across, down) = (preprocessing.width, preprocessing.height)
        let left = (across - walk.width) / 2
        let top = (down - walk.height) / 2
        let isFilled = walk.width == across && walk.height == down
        let values = [Float](unsafeUninitializedCapacity: 3 * across * down) { output, count in
            for slot in 0..<3 {
                // Slot is the position in the model's order, channel the one in the pixels' order.
                let channel = preprocessing.channels == .rgb ? slot : 2 - slot
                let start = isPlanar ? slot * across * down : slot
                let step = isPlanar ? 1 : 3
                if !isFilled {
                    let fill = Self.normalised(preprocessing.background[channel], channel: channel, preprocessing)
                    for index in 0..<(across * down) {
                        output[start + index * step] = fill
                    }
                }
                table.withUnsafeBufferPointer { table in
                    for y in 0..<walk.height {
                        var read = (walk.origin + y * walk.down) * bands + (bands == 1 ? 0 : channel)
                        var write = start + ((top + y) * across + left) * step
                        for _ in 0..<walk.width {
                            output[write] = table[channel << 8 | Int(pixels[read])]
                            read &+= walk.across &* bands
                            write &+= step
                        }
                    }
                }
            }
            count = 3 * across * down
        }
        return Tensor(shape: isPlanar ? [3, down, across] : [down, across, 3], values: values)
    }

    private static func normalised(_ value: Float, channel: Int, _ preprocessing: ImagePreprocessing) -> Float {
        (value * preprocessing.scale - preprocessing.mean[channel]) / preprocessing.std[channel]
    }
}

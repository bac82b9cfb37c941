/// How a model wants its pictures: data of the model, never code of the task.
package struct ImagePreprocessing: Sendable, Hashable, Codable {
    /// How the picture is brought to the model's size.
    package enum Resize: String, Sendable, Codable, CaseIterable {
        /// Both sides to the size; the aspect is lost.
        case stretch
        /// The short side to the size, then the centre is cut out.
        case cover
        /// The long side to the size, the rest is filled with `background`.
        case letterbox
    }

    /// How pixels between pixels are made.
    package enum Interpolation: String, Sendable, Codable, CaseIterable {
        case nearest, bilinear, bicubic, lanczos
    }

    /// Which colour comes first.
    package enum ChannelOrder: String, Sendable, Codable, CaseIterable {
        case rgb = "RGB"
        case bgr = "BGR"
    }

    /// Which dimension varies slowest, after the batch: channels, or rows.
    package enum Layout: String, Sendable, Codable, CaseIterable {
        case nchw = "NCHW"
        case nhwc = "NHWC"
    }

    package var width: Int
    package var height: Int
    package var resize: Resize
    package var interpolation: Interpolation
    package var channels: ChannelOrder
    package var layout: Layout
    /// Values 0…255 are multiplied by this first (1/255 for the usual 0…1).
    package var scale: Float
    /// Then, per channel: `(value - mean) / std`.
    package var mean: [Float]
    package var std: [Float]
    /// Colour (0…255, RGB) behind transparency and beside a letterboxed picture.
    package var background: [Float]

    package init(
        width: Int, height: Int, resize: Resize = .cover, interpolation: Interpolation = .bicubic,
        channels: ChannelOrder = .rgb, layout: Layout = .nchw, scale: Float = 1 / 255, mean: [Float] = [0, 0, 0],
        std: [Float] = [1, 1, 1], background: [Float] = [255, 255, 255]
    ) {
        self.width = width
        self.height = height
        self.resize = resize
        self.interpolation = interpolation
        self.channels = channels
        self.layout = layout
        self.scale = scale
        self.mean = mean
        self.std = std
        self.background = background
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        width = try container.decode(Int.self, forKey: .width)
        height = try container.decode(Int.self, forKey: .height)
        resize = try container.decode(Resize.self, forKey: .resize)
        interpolation = try container.decode(Interpolation.self, forKey: .interpolation)
        channels = try container.decode(ChannelOrder.self, forKey: .channels)
        layout = try container.decode(Layout.self, forKey: .layout)
        scale = try container.decode(Float.self, forKey: .scale)
        mean = try container.decode([Float].self, forKey: .mean)
        std = try container.decode([Float].self, forKey: .std)
        background = try container.decodeIfPresent([Float].self, forKey: .background) ?? [255, 255, 255]
    }
}

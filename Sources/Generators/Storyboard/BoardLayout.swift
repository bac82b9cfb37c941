import HearthCore

/// Where everything lies on a storyboard. Pure arithmetic: the same input, the same layout.
///
/// The frame is the shot: a place with the characters in it. The slate below it says what the shot is. Characters stand
/// inside the frame, below its row of labels, and never on each other.
struct BoardLayout: Equatable {
    /// A picture inside the frame.
    struct Placement: Equatable {
        /// Index among the references.
        let index: Int
        /// Of the picture itself.
        let box: PixelBox
        /// Of the paper that it lies on; nil for a cutout, which stands free.
        let card: PixelBox?
        /// Where the name is written.
        let caption: PixelBox?
        let isCutout: Bool

        /// All that it takes.
        var outline: PixelBox { card ?? box }
    }

    let size: PixelSize
    /// A pixel of a board of 1280 × 720, here.
    let unit: Double
    let frame: PixelBox
    let slate: PixelBox
    let placements: [Placement]

    /// The part of the frame that the pictures take, 0…1.
    var share: Double {
        let area = placements.reduce(0) { $0 + $1.outline.area }
        return Double(area) / Double(max(frame.area, 1))
    }

    /// Most pictures that a board shows large, side by side, and small, beside them.
    static let largeCount = 3
    static let smallCount = 4

    /// Pixels of a slate, on a board of 720 × 720, in which the prompt has two lines below shot and facts.
    private static let narrowSlate = 252.0

    /// - Parameters:
    ///   - shapes: Of the references, in their order.
    ///   - leads: Indices of the references that are shown large: the first picture of each character.
    ///   - weight: 0…1: which share of the frame the pictures get.
    ///   - seed: Says on which side the characters stand.
    ///   - hasSlate: Whether a slate lies below the frame, and names below the pictures.
    init(
        size: PixelSize, shapes: [PictureShape], leads: [Int], weight: Double, seed: Int64, hasSlate: Bool = true
    ) {
        self.size = size
        unit = Double(min(size.width, size.height)) / 720
        let isWide = size.width * 10 >= size.height * 12
        let wanted = isWide ? Double(size.height) * 0.232 : max(Double(size.height) * 0.235, Self.narrowSlate * unit)
        let slateHeight = hasSlate ? Int(wanted) : 0
        frame = PixelBox(x: 0, y: 0, width: size.width, height: size.height - slateHeight)
        slate = PixelBox(x: 0, y: frame.bottom, width: size.width, height: slateHeight)
        let placing = BoardPlacing(frame: frame, unit: unit, isWide: isWide, weight: min(max(weight, 0), 1), seed: seed)
        let large = Array(leads.prefix(Self.largeCount))
        let small = Array(shapes.indices.filter { !large.contains($0) }.prefix(Self.smallCount))
        placements = placing.place(large: large, small: small, shapes: shapes)
    }
}

import Foundation
import HearthCore

/// Collects the shapes of a drawing and writes them as SVG 1.1.
///
/// Only numbers, colours and names that this program chooses get into it: texts of callers are never a part.
struct SVGDrawing {
    let width: Double
    let height: Double
    private var definitions: [String] = []
    private var body: [String] = []
    /// Filters without their names, which are their places here.
    private var blurs: [String] = []

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// The whole drawing.
    var text: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" height="\(Self.number(height))" \
        viewBox="0 0 \(Self.number(width)) \(Self.number(height))"><defs>\(definitions.joined())</defs>\
        \(body.joined())</svg>
        """
    }

    /// With two digits behind the point at most, whatever the machine's language is.
    static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
        let sign = hundredths < 0 ? "-" : ""
        guard rest != 0 else { return "\(sign)\(whole)" }
        let digits = rest < 10 ? "0\(rest)" : "\(rest)"
        return "\(sign)\(whole).\(digits.hasSuffix("0") ? String(digits.dropLast()) : digits)"
    }

    // MARK: What shapes are filled with

    /// A colour at a place of a gradient.
    struct Stop {
        var at: Double
        var colour: RGBColour
        var opacity: Double = 1
    }

    /// A gradient from top to bottom of what it fills.
    mutating func vertical(_ stops: [Stop]) -> Paint {
        define("linearGradient", "x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\"", Self.text(of: stops))
    }

    /// A gradient from left to right of what it fills.
    mutating func horizontal(_ stops: [Stop]) -> Paint {
        define("linearGradient", "x1=\"0\" y1=\"0\" x2=\"1\" y2=\"0\"", Self.text(of: stops))
    }

    /// A gradient around a point of the drawing.
    mutating func radial(x: Double, y: Double, radius: Double, _ stops: [Stop]) -> Paint {
        define(
            "radialGradient",
            "gradientUnits=\"userSpaceOnUse\" cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" "
                + "r=\"\(Self.number(radius))\"", Self.text(of: stops))
    }

    /// Dots in rows, as printers lay tones.
    mutating func dots(step: Double, radius: Double, _ colour: RGBColour) -> Paint {
        let (step, half, radius) = (Self.number(step), Self.number(step / 2), Self.number(radius))
        return define(
            "pattern",
            "width=\"\(step)\" height=\"\(step)\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"",
            "<circle cx=\"\(half)\" cy=\"\(half)\" r=\"\(radius)\" fill=\"\(colour.hex)\"/>")
    }

    /// Stripes that lean, as on a film slate.
    mutating func stripes(step: Double, _ colour: RGBColour) -> Paint {
        define(
            "pattern",
            "width=\"\(Self.number(step))\" height=\"\(Self.number(step))\" patternUnits=\"userSpaceOnUse\" "
                + "patternTransform=\"skewX(-35)\"",
            "<rect width=\"\(Self.number(step / 2))\" height=\"\(Self.number(step))\" fill=\"\(colour.hex)\"/>")
    }

    /// Something that shapes are filled with.
    struct Paint {
        fileprivate let text: String

        static func colour(_ colour: RGBColour) -> Paint { Paint(text: colour.hex) }
        static let none = Paint(text: "none")
    }

    private mutating func define(_ element: String, _ attributes: String, _ content: String) -> Paint {
        let id = "d\(definitions.count)"
        definitions.append("<\(element) id=\"\(id)\" \(attributes)>\(content)</\(element)>")
        return Paint(text: "url(#\(id))")
    }

    private static func text(of stops: [Stop]) -> String {
        stops.map { stop in
            "<stop offset=\"\(number(stop.at))\" stop-color=\"\(stop.colour.hex)\""
                + (stop.opacity < 1 ? " stop-opacity=\"\(number(stop.opacity))\"/>" : "/>")
        }.joined()
    }

    // MARK: Shapes

    /// How a shape is drawn.
    struct Style {
        var opacity: Double = 1
        /// Standard deviation of its blur, in pixels.
        var blur: Double = 0
        var stroke: RGBColour?
        var strokeWidth: Double = 1
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: Paint, radius: Double = 0,
        _ style: Style = Style()
    ) {
        guard width > 0, height > 0 else { return }
        let corner = radius > 0 ? " rx=\"\(Self.number(radius))\"" : ""
        add(
            "rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
                + "height=\"\(Self.number(height))\"\(corner)", fill, style,
            bounds: Bounds(x: x, y: y, width: width, height: height))
    }

    mutating func ellipse(
        _ x: Double, _ y: Double, _ across: Double, _ down: Double, _ fill: Paint, _ style: Style = Style()
    ) {
        add(
            "ellipse cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" rx=\"\(Self.number(across))\" "
                + "ry=\"\(Self.number(down))\"", fill, style,
            bounds: Bounds(x: x - across, y: y - down, width: 2 * across, height: 2 * down))
    }

    mutating func path(_ path: Path, _ fill: Paint, _ style: Style = Style()) {
        guard !path.text.isEmpty else { return }
        add("path d=\"\(path.text)\"", fill, style)
    }

    /// Fills the whole drawing.
    mutating func fill(_ paint: Paint, opacity: Double = 1) {
        rectangle(0, 0, width, height, paint, Style(opacity: opacity))
    }

    /// The rectangle that a shape lies in.
    private struct Bounds {
        let x: Double
        let y: Double
        let width: Double
        let height: Double
    }

    private mutating func add(_ shape: String, _ fill: Paint, _ style: Style, bounds: Bounds? = nil) {
        var text = "<\(shape) fill=\"\(fill.text)\""
        if let stroke = style.stroke {
            text += " stroke=\"\(stroke.hex)\" stroke-width=\"\(Self.number(style.strokeWidth))\""
        }
        if style.opacity < 1 { text += " opacity=\"\(Self.number(style.opacity))\"" }
        if style.blur > 0 { text += " filter=\"url(#\(blurID(style, bounds)))\"" }
        body.append(text + "/>")
    }

    /// A filter for a shape; without its bounds, one that suits every shape.
    ///
    /// What a blur costs grows with the area that it is asked for, and most of that is empty. Three standard deviations
    /// away from a shape nothing of its blur is left.
    private mutating func blurID(_ style: Style, _ bounds: Bounds?) -> String {
        let region: String
        if let bounds {
            let margin = 3 * style.blur + 2 + (style.stroke == nil ? 0 : style.strokeWidth)
            let (x, y) = (Self.number(bounds.x - margin), Self.number(bounds.y - margin))
            let (across, down) = (Self.number(bounds.width + 2 * margin), Self.number(bounds.height + 2 * margin))
            region = "filterUnits=\"userSpaceOnUse\" x=\"\(x)\" y=\"\(y)\" width=\"\(across)\" height=\"\(down)\""
        } else {
            region = "x=\"-100%\" y=\"-100%\" width=\"300%\" height=\"300%\""
        }
        let definition = "\(region)><feGaussianBlur stdDeviation=\"\(Self.number(style.blur))\"/></filter>"
        if let known = blurs.firstIndex(of: definition) { return "b\(known)" }
        let id = "b\(blurs.count)"
        blurs.append(definition)
        definitions.append("<filter id=\"\(id)\" \(definition)")
        return id
    }

    /// An outline, or several.
    struct Path {
        private(set) var text = ""

        mutating func move(_ x: Double, _ y: Double) { text += "M\(number(x)) \(number(y))" }
        mutating func line(_ x: Double, _ y: Double) { text += "L\(number(x)) \(number(y))" }
        mutating func curve(_ controlX: Double, _ controlY: Double, _ x: Double, _ y: Double) {
            text += "Q\(number(controlX)) \(number(controlY)) \(number(x)) \(number(y))"
        }
        mutating func close() { text += "Z" }

        mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
            text += "M\(number(x)) \(number(y))h\(number(width))v\(number(height))h\(number(-width))Z"
        }

        mutating func circle(_ x: Double, _ y: Double, _ radius: Double) {
            move(x - radius, y)
            arc(radius, x + radius, y)
            arc(radius, x - radius, y)
            close()
        }

        /// Half a circle or less, clockwise, to a point.
        mutating func arc(_ radius: Double, _ x: Double, _ y: Double) {
            text += "A\(number(radius)) \(number(radius)) 0 0 1 \(number(x)) \(number(y))"
        }

        mutating func append(_ other: Path) { text += other.text }

        mutating func polygon(_ points: [(x: Double, y: Double)]) {
            guard let first = points.first else { return }
            move(first.x, first.y)
            for point in points.dropFirst() { line(point.x, point.y) }
            close()
        }

        private func number(_ value: Double) -> String { SVGDrawing.number(value) }
    }
}

import HearthCore

/// Texts as pictures, set by Pango in the fonts of the machine.
enum VipsLettering {
    /// The first family that the machine has; other scripts come from whatever fonts have them.
    private static let families = "Noto Sans, Noto Sans CJK SC, DejaVu Sans, Sans"

    /// The ink of a text; nil when it has none, such as spaces.
    static func ink(of text: PaintedText) throws(HearthError) -> VipsPicture? {
        let markup = escaped(text.text)
        guard markup.contains(where: { !$0.isWhitespace }) else { return nil }
        let size = max(1, Int(text.fontSize.rounded()))
        return try .ink(of: markup, font: "\(families) \(text.isBold ? "Bold " : "")\(size)", width: text.width ?? 0)
    }

    /// Pango reads markup: what callers write is never a part of it.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\n": result += "\n"
            default:
                // XML 1.0 has no other control characters.
                if scalar.properties.generalCategory != .control { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}

/// A colour of a screen: red, green and blue, 0…255.
package struct RGBColour: Sendable, Equatable {
    package var red: Double
    package var green: Double
    package var blue: Double

    package init(_ red: Double, _ green: Double, _ blue: Double) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// - Parameter hex: `#rrggbb`.
    /// - Returns: nil for any other text.
    package init?(hex: String) {
        let digits = hex.dropFirst()
        guard hex.first == "#", digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit),
            let value = UInt32(digits, radix: 16)
        else { return nil }
        self.init(Double(value >> 16), Double(value >> 8 & 255), Double(value & 255))
    }

    package static let white = RGBColour(255, 255, 255)
    package static let black = RGBColour(0, 0, 0)

    /// `#rrggbb`.
    package var hex: String {
        let digits = [red, green, blue].map { component in
            let text = String(Int(min(max(component, 0), 255).rounded()), radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }
        return "#" + digits.joined()
    }

    /// The way from this colour to another one.
    /// - Parameter share: 0 is this colour, 1 the other.
    package func mixed(with other: RGBColour, _ share: Double) -> RGBColour {
        RGBColour(
            red + (other.red - red) * share, green + (other.green - green) * share, blue + (other.blue - blue) * share)
    }

    /// Mixed with black.
    package func darker(_ share: Double) -> RGBColour { mixed(with: .black, share) }
    /// Mixed with white.
    package func lighter(_ share: Double) -> RGBColour { mixed(with: .white, share) }

    /// 0…1, as bright as people see it (Rec. 709 weights of the encoded values).
    package var luminance: Double { (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255 }
}

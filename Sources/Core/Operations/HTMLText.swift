/// Text for a page: what is put in cannot become markup.
///
///     let page: HTMLText = "<h1>\(name)</h1>\(rows)"
///
/// A text that is put in is escaped; another ``HTMLText`` is taken as it is.
package struct HTMLText: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The markup.
    package private(set) var markup: String

    /// The same as ``markup``.
    package var description: String { markup }

    /// Markup that stands in the program; it is taken as it is.
    package init(stringLiteral markup: String) { self.markup = markup }

    /// Markup with texts in it, which were escaped when they were added.
    package init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }

    /// One part behind another.
    package init(_ parts: some Sequence<HTMLText>) { markup = parts.map(\.markup).joined() }

    /// Collects the parts of a literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        package init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

        /// Adds markup of the program as it is.
        package mutating func appendLiteral(_ literal: String) { markup += literal }

        /// Escaped, for content and for attributes in double quotes.
        package mutating func appendInterpolation(_ text: String) {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "&": markup += "&amp;"
                case "<": markup += "&lt;"
                case ">": markup += "&gt;"
                case "\"": markup += "&quot;"
                case "'": markup += "&#39;"
                default: markup.unicodeScalars.append(scalar)
                }
            }
        }

        /// Adds a number, which has nothing to be escaped.
        package mutating func appendInterpolation(_ number: Int) { markup += String(number) }

        /// Adds what is escaped already.
        package mutating func appendInterpolation(_ part: HTMLText) { markup += part.markup }
    }
}

/// Gives compact JSON line breaks and indentation, piece by piece: it keeps no text, only where it is.
///
/// Each member of an object and each object or list in a list begins a line; numbers and texts of a list share one, so
/// that a vector does not take a screen for each ten numbers. The text must be valid JSON without blanks between its
/// tokens, as ``JSONValue/encoded()`` writes it.
package struct JSONIndenter: Sendable {
    private enum Place: Equatable {
        case outside
        case string
        /// Behind a backslash in a string.
        case escape
    }

    private struct Level {
        let isObject: Bool
        /// Whether it has elements that begin lines.
        var hasLines = false
    }

    /// What was written last, when it depends on the next byte what follows it.
    private enum Pending {
        case nothing
        case opening
        case comma
    }

    private var place = Place.outside
    private var levels: [Level] = []
    private var pending = Pending.nothing

    package init() {}

    /// The next piece of the text, indented.
    package mutating func indent(_ piece: some Sequence<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(piece.underestimatedCount * 2)
        for byte in piece { add(byte, to: &output) }
        return output
    }

    private mutating func add(_ byte: UInt8, to output: inout [UInt8]) {
        switch place {
        case .escape: place = .string
        case .string where byte == UInt8(ascii: "\\"): place = .escape
        case .string where byte == UInt8(ascii: "\""): place = .outside
        case .string: break
        case .outside: return addToken(byte, to: &output)
        }
        output.append(byte)
    }

    private mutating func addToken(_ byte: UInt8, to output: inout [UInt8]) {
        let isClosing = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
        if isClosing {
            if let level = levels.popLast(), level.hasLines { breakLine(in: &output) }
            pending = .nothing
            return output.append(byte)
        }
        let isOpening = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
        settle(isContainer: isOpening, in: &output)
        output.append(byte)
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            levels.append(Level(isObject: byte == UInt8(ascii: "{")))
            pending = .opening
        case UInt8(ascii: ","): pending = .comma
        case UInt8(ascii: ":"): output.append(UInt8(ascii: " "))
        case UInt8(ascii: "\""): place = .string
        default: break
        }
    }

    /// What stands between an opening bracket or a comma and the element behind it.
    private mutating func settle(isContainer: Bool, in output: inout [UInt8]) {
        defer { pending = .nothing }
        guard let level = levels.last else { return }
        switch pending {
        case .opening where level.isObject || isContainer, .comma where level.isObject || isContainer:
            levels[levels.count - 1].hasLines = true
            breakLine(in: &output)
        case .comma: output.append(UInt8(ascii: " "))
        case .opening, .nothing: break
        }
    }

    private func breakLine(in output: inout [UInt8]) {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * levels.count))
    }
}

extension JSONValue {
    /// The same as ``encodedText()`` for people: in lines, indented by two blanks.
    package func indentedText() -> String {
        var indenter = JSONIndenter()
        return String(decoding: indenter.indent(encoded()), as: UTF8.self)
    }
}

/// What the reference library takes for white space, punctuation, a letter and so on.
///
/// It has tables of several ages: Unicode 17 in Rust's own library (white space, numbers, lower case; the same as
/// Swift's), 16 in its regular expressions, 9 in its normaliser, 8 in the categories of its BERT parts. Swift has
/// Unicode 17, so a younger character counts as unassigned where the reference does not know it; the characters
/// that have changed class since stand here by name. Checked over all scalars against tokenizers 0.23.3.
enum ScalarClass {
    /// Whether a scalar was in Unicode at that version.
    @inline(__always)
    static func isKnown(_ scalar: Unicode.Scalar, in version: Int) -> Bool {
        guard let age = scalar.properties.age else { return false }
        return age.major <= version
    }

    @inline(__always)
    static func scalar(_ value: UInt32) -> Unicode.Scalar { Unicode.Scalar(value) ?? "\u{FFFD}" }

    /// Unicode's White_Space; includes the line breaks.
    @inline(__always)
    static func isWhitespace(_ value: UInt32) -> Bool {
        if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) }
        return scalar(value).properties.isWhitespace
    }

    /// ASCII punctuation and symbols, and Unicode 8's punctuation.
    static func isPunctuation(_ value: UInt32) -> Bool {
        if value < 0x80 {
            return (0x21...0x2F).contains(value) || (0x3A...0x40).contains(value) || (0x5B...0x60).contains(value)
                || (0x7B...0x7E).contains(value)
        }
        if value == 0x166D || value == 0x111C9 { return true }
        let scalar = scalar(value)
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return isKnown(scalar, in: 8)
        default: return false
        }
    }

    /// Unicode 8's controls, formats and private characters, but not tab and line breaks.
    static func isControl(_ value: UInt32) -> Bool {
        if value < 0x80 { return value < 0x20 ? value != 0x09 && value != 0x0A && value != 0x0D : value == 0x7F }
        let scalar = scalar(value)
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse: return isKnown(scalar, in: 8)
        default: return false
        }
    }

    /// Unicode 8's non-spacing marks: what BERT takes for an accent.
    static func isNonspacingMark(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x300, 0x1885, 0x1886, 0xA9BD, 0x111C9: return false
        case 0x1734, 0x1171E: return true
        default:
            let scalar = scalar(value)
            return scalar.properties.generalCategory == .nonspacingMark && isKnown(scalar, in: 8)
        }
    }

    /// Unicode 9's marks of all kinds.
    static func isMark(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x300, 0x111C9: return false
        case 0x1CF2, 0x1CF3: return true
        default:
            let scalar = scalar(value)
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark: return isKnown(scalar, in: 9)
            default: return false
            }
        }
    }

    /// Digits and other numbers of all scripts.
    static func isNumber(_ value: UInt32) -> Bool {
        if value < 0x80 { return (0x30...0x39).contains(value) }
        switch scalar(value).properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    /// The ideographs that BERT sets apart; not all of them, by its own list of blocks.
    static func isIdeograph(_ value: UInt32) -> Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }

    /// The general category as the regular expressions know it.
    static func patternCategory(_ value: UInt32) -> Unicode.GeneralCategory {
        if value == 0x295 { return .lowercaseLetter }
        let scalar = scalar(value)
        return isKnown(scalar, in: 16) ? scalar.properties.generalCategory : .unassigned
    }

    /// `\w` by Unicode's technical standard 18: letters, marks, digits, connectors and joiners.
    static func isWord(_ value: UInt32) -> Bool {
        if value < 0x80 { return isASCIIWord(value) }
        let scalar = scalar(value)
        guard isKnown(scalar, in: 16) else { return false }
        return scalar.properties.isJoinControl || isWordPart(scalar)
    }

    /// `\w` as Oniguruma has it: without joiners, with the superscript digits and fractions of Latin-1.
    static func isPatternWord(_ value: UInt32) -> Bool {
        switch value {
        case 0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE: true
        default: isBracketedWord(value)
        }
    }

    /// `\w` in brackets: without those.
    static func isBracketedWord(_ value: UInt32) -> Bool {
        if value < 0x80 { return isASCIIWord(value) }
        let scalar = scalar(value)
        return isKnown(scalar, in: 16) && isWordPart(scalar)
    }

    private static func isASCIIWord(_ value: UInt32) -> Bool {
        (0x30...0x39).contains(value) || (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value)
            || value == 0x5F
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isAlphabetic { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}

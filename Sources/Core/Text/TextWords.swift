import Foundation

/// The words of a text, folded so that case, accents and width do not matter.
///
/// In scripts that put no blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each character with its
/// marks is a word of its own: a search for several of them looks for them side by side, and so finds any part of a
/// sentence. Both the texts of an index and searches are split here, so the two always agree, whatever the database
/// itself takes for a word.
package enum TextWords {
    /// A word and where it stands.
    package struct Word: Sendable, Equatable {
        /// Folded.
        package let text: String
        /// In the text that it was read from.
        package let range: Range<String.Index>
        /// Whether it is one character of a script without blanks.
        package let isCharacter: Bool
    }

    /// Longest word in UTF-8; the rest of a longer one is left out, because databases bound what they index.
    private static let longest = 120

    /// The words of a text, in their order.
    package static func words(of text: String) -> [Word] {
        var words: [Word] = []
        let scalars = text.unicodeScalars
        var position = scalars.startIndex
        while position < scalars.endIndex {
            let scalar = scalars[position]
            let start = position
            scalars.formIndex(after: &position)
            guard isWordPart(scalar) else { continue }
            let isCharacter = hasNoBlanks(scalar)
            while position < scalars.endIndex {
                let next = scalars[position]
                let goesOn = isCharacter ? isMark(next) : isWordPart(next) && !hasNoBlanks(next)
                guard goesOn || isJoiner(next) else { break }
                scalars.formIndex(after: &position)
            }
            let folded = fold(text[start..<position])
            guard !folded.isEmpty else { continue }
            words.append(Word(text: folded, range: start..<position, isCharacter: isCharacter))
        }
        return words
    }

    /// The form in which words are compared.
    private static func fold(_ word: Substring) -> String {
        let folded: String
        if word.utf8.allSatisfy({ $0 < 0x80 }) {
            folded = word.lowercased()
        } else {
            let plain = String(String.UnicodeScalarView(word.unicodeScalars.filter { !isJoiner($0) }))
            folded = plain.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
        }
        guard folded.utf8.count > longest else { return folded }
        var short = Substring(folded)
        while short.utf8.count > longest { short.removeLast() }
        return String(short)
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            true
        default: false
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        [.nonspacingMark, .spacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
    }

    /// Zero width joiner and non-joiner: Persian and Hindi are written with them; they separate no words.
    private static func isJoiner(_ scalar: Unicode.Scalar) -> Bool { scalar == "\u{200C}" || scalar == "\u{200D}" }

    private static func hasNoBlanks(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF: true
        case 0x3040...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF: true
        case 0xFF66...0xFF9F, 0x20000...0x3FFFF: true
        default: false
        }
    }
}

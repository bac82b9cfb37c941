/// A document as rows hold it: databases keep no text with U+0000, and texts from PDF files have it now and then.
///
/// U+0000 becomes two characters for private use, which are escaped in turn, and comes back when it is read. What
/// is in a document is in its stored form too, so that a search for words needs no other care.
enum DocumentText {
    private static let escape: Unicode.Scalar = "\u{10FDD0}"
    /// What follows the escape, by what it stands for.
    private static let codes: [(scalar: Unicode.Scalar, code: Unicode.Scalar)] = [
        ("\u{0}", "\u{10FDD1}"), ("\u{10FDD0}", "\u{10FDD0}"), ("\u{10FDD1}", "\u{10FDD2}"),
    ]

    /// The stored form of a document or of a word that is looked for.
    static func stored(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { code(of: $0) != nil }) else { return text }
        var stored = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let code = code(of: scalar) {
                stored.append(escape)
                stored.append(code)
            } else {
                stored.append(scalar)
            }
        }
        return String(stored)
    }

    /// The document of a stored form.
    static func read(_ stored: String) -> String {
        guard stored.unicodeScalars.contains(escape) else { return stored }
        var text = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in stored.unicodeScalars {
            if isEscaped {
                text.append(codes.first { $0.code == scalar }?.scalar ?? scalar)
                isEscaped = false
            } else if scalar == escape {
                isEscaped = true
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }

    private static func code(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
        // Most scalars are none of the three; two comparisons tell.
        guard scalar.value == 0 || scalar.value & ~1 == 0x10FDD0 else { return nil }
        return codes.first { $0.scalar == scalar }?.code
    }
}

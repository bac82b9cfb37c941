import Foundation
import HearthCore

/// A project's or character's name: what people call it, never part of a file's path.
struct StudioName: Sendable, Equatable {
    /// As written, without white space at the ends, in Unicode's composed form.
    let text: String
    /// Names are the same when their keys are: case and composition do not matter.
    let key: String

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ raw: String, field: String) throws {
        if raw.utf8.count <= Limits.nameLength, let plain = Self.plain(raw) {
            (text, key) = plain
            return
        }
        let text = raw.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping
        guard text.unicodeScalars.count <= Limits.nameLength else {
            throw Self.refused(field, "is too long", hint: "At most \(Limits.nameLength) characters.")
        }
        // Format characters alone, such as a joiner that joins nothing, cannot be seen.
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory != .format }) else {
            throw Self.refused(field, "is empty", hint: "A name has at least one character.")
        }
        let isForbidden = text.unicodeScalars.contains { scalar in
            scalar == "/" || scalar == "\\" || Self.isForbidden(scalar)
        }
        guard !isForbidden, !text.hasPrefix(".") else {
            throw Self.refused(
                field, "has a character that is not allowed",
                hint: "No slashes, backslashes or control characters, and no dot at the start.")
        }
        self.text = text
        key = text.folding(options: .caseInsensitive, locale: nil)
    }

    /// Nearly every name: printable ASCII that no rule concerns, which needs no tables of Unicode.
    private static func plain(_ raw: String) -> (text: String, key: String)? {
        let bytes = raw.utf8
        guard let first = bytes.first, let last = bytes.last, first > 0x20, last > 0x20,
            first != UInt8(ascii: "."),
            bytes.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return (raw, raw.lowercased())
    }

    /// Control characters, separators of lines, those that turn the direction of what follows, and what is no character
    /// at all. Joiners stay: Persian, Hindi and many emoji are written with them.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: true
        default: [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        }
    }

    private static func refused(_ field: String, _ problem: String, hint: String) -> HearthError {
        HearthError(.invalidRequest, "`\(field)` \(problem).", hint: hint)
    }
}

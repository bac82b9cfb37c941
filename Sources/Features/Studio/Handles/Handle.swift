import Foundation
import HearthCore
import HearthJSON

/// What a character is called in prompts, `@sarah`: unique in its project, and easy to type.
struct Handle: Sendable, Equatable {
    /// Without the at sign: `[a-z0-9_]`, 1 to 32 characters.
    let text: String

    /// A handle as a caller wrote it, with or without the at sign; capitals become small letters.
    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ raw: String) throws(HearthError) {
        let text = (raw.hasPrefix("@") ? String(raw.dropFirst()) : raw).lowercased()
        guard (1...Limits.handleLength).contains(text.utf8.count), text.utf8.allSatisfy(Self.isPart) else {
            throw HearthError(
                .invalidRequest, "`handle` is not one that prompts can mention.",
                hint:
                    "1 to \(Limits.handleLength) small letters a to z, digits and `_`, such as "
                    + "`\(Self.derived(from: raw))`."
            )
        }
        self.text = text
    }

    /// The handle that a name suggests: in Latin letters whatever script it is written in, blanks as `_`.
    ///
    ///     Zoë Ångström → zoe_angstrom      Сара → sara      名前 → ming_qian      👩‍👩‍👧 → character
    static func derived(from name: String, longest: Int = Limits.handleLength) -> String {
        let isASCII = name.utf8.allSatisfy { $0 < 0x80 }
        let latin =
            isASCII ? name : name.applyingTransform(StringTransform(transliteration), reverse: false) ?? name
        var text: [UInt8] = []
        for byte in latin.lowercased().utf8 {
            if isPart(byte), byte != UInt8(ascii: "_") {
                text.append(byte)
            } else if byte != UInt8(ascii: "'"), !text.isEmpty, text.last != UInt8(ascii: "_") {
                text.append(UInt8(ascii: "_"))
            }
        }
        return plain(text.prefix(longest)) ?? "character"
    }

    /// ICU's rules: into Latin letters, without accents, and then into ASCII.
    private static let transliteration = "Any-Latin; NFD; [:Mn:] Remove; NFC; Latin-ASCII"

    /// The same with a number: `sarah_2`.
    static func numbered(_ handle: String, _ number: some CustomStringConvertible) -> String {
        let ending = "_\(number)"
        let stem = plain(Array(handle.utf8).prefix(Limits.handleLength - ending.utf8.count)) ?? "character"
        return stem + ending
    }

    /// Without `_` at the end; nil when nothing is left.
    private static func plain(_ bytes: ArraySlice<UInt8>) -> String? {
        var bytes = bytes
        while bytes.last == UInt8(ascii: "_") { bytes.removeLast() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a byte may stand in a handle.
    static func isPart(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
    }
}

let handleField = FieldNote(
    "What prompts call the character by, `@sarah`: small letters a to z, digits and `_`; unique within the project. "
        + "Made from the name when absent.", minLength: 1, maxLength: Limits.handleLength + 1, example: "mira")

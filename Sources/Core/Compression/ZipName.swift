import HearthJSON

import struct Foundation.Data

/// Names of entries in zip files, as the programs of many systems write them.
package enum ZipName {
    /// The text of a name. Names that are not declared as UTF-8 often are; others are of code page 437, the only other
    /// encoding that the format knows.
    /// - Returns: nil for a name that is declared as UTF-8 and is not, and for one with too many combining marks.
    static func text(_ bytes: some Collection<UInt8>, isUTF8: Bool) -> String? {
        if let text = String(validating: bytes, as: UTF8.self) { return String(clientText: text.utf8) }
        guard !isUTF8 else { return nil }
        var text = String.UnicodeScalarView()
        for byte in bytes {
            text.append(byte < 0x80 ? Unicode.Scalar(byte) : upperHalf[Int(byte) - 0x80])
        }
        return String(text)
    }

    /// The name as a plain relative path: `\` becomes `/`, and parts that lead nowhere (`.`, empty ones) are left out.
    /// - Returns: nil for a name that leaves its folder, has control characters, or is empty or too long.
    package static func normalised(_ name: String) -> String? {
        guard name.utf8.count <= 1_000 else { return nil }
        let path = name.replacing("\\", with: "/")
        let isDrive = path.dropFirst().first == ":"
        guard !path.hasPrefix("/"), !isDrive,
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return nil }
        let parts = path.split(separator: "/").filter { $0 != "." }
        let isFolder = path.hasSuffix("/")
        guard isFolder || !parts.isEmpty, !parts.contains("..") else { return nil }
        return parts.joined(separator: "/") + (isFolder ? "/" : "")
    }

    /// Code page 437 from 0x80 on.
    private static let upperHalf = Array(
        ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐"
            + "▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").unicodeScalars)
}

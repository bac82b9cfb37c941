/// A host and a port as they stand in `Host` and `Origin`, read strictly (RFC 3986, section 3.2): what is anything more
/// than that is none, so that no part of it is taken for a name that it only contains.
struct WebAuthority: Equatable {
    /// In lower case; an IPv6 address without its brackets.
    let host: String
    /// Nil: the scheme's own.
    let port: Int?

    /// Nil for an authority with a user, a port that is no number, or characters that no host has.
    init?(_ text: String) {
        let bytes = text.utf8
        var rest: Substring.UTF8View
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let address = bytes[bytes.index(after: bytes.startIndex)..<end]
            guard !address.isEmpty, address.allSatisfy(Self.isOfAddress) else { return nil }
            host = String(Substring(address)).lowercased()
            rest = bytes[bytes.index(after: end)...]
        } else {
            let name = bytes.prefix { $0 != UInt8(ascii: ":") }
            guard !name.isEmpty, name.allSatisfy(Self.isOfName) else { return nil }
            host = String(Substring(name)).lowercased()
            rest = bytes[name.endIndex...]
        }
        guard let colon = rest.popFirst() else {
            port = nil
            return
        }
        guard colon == UInt8(ascii: ":") else { return nil }
        guard !rest.isEmpty else {
            port = nil
            return
        }
        guard rest.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(Substring(rest)) else { return nil }
        port = Int(number)
    }

    /// The authority of an origin: a scheme, `://`, and nothing behind the port. Nil for `null`, and for a list of
    /// several.
    init?(origin: String) {
        guard let mark = origin.firstRange(of: "://") else { return nil }
        let scheme = origin[..<mark.lowerBound].utf8
        guard !scheme.isEmpty, scheme.allSatisfy(Self.isOfScheme) else { return nil }
        self.init(String(origin[mark.upperBound...]))
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private static func isOfAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isOfScheme(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}

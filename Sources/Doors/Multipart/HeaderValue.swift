/// A header's value with parameters: `form-data; name="a"; filename="b"` (RFC 9110, section 5.6.6).
struct HeaderValue {
    /// What stands before the first semicolon.
    let value: String
    private var parameters: [String: String] = [:]

    /// Nil when the text is not such a value, or names a parameter twice.
    init?(_ text: String) {
        var rest = Substring(text)
        let end = rest.firstIndex(of: ";") ?? rest.endIndex
        value = Self.trimmed(rest[..<end])
        guard !value.isEmpty else { return nil }
        rest = rest[end...]
        while rest.first == ";" {
            rest.removeFirst()
            rest = rest.drop(while: Self.isBlank)
            // A lone semicolon at the end is harmless and seen in the wild.
            if rest.isEmpty { break }
            let name = rest.prefix { $0.utf8.allSatisfy(Self.isTokenByte) }
            rest = rest[name.endIndex...]
            guard !name.isEmpty, rest.first == "=" else { return nil }
            rest.removeFirst()
            guard let value = Self.parameterValue(&rest), parameters[name.lowercased()] == nil else { return nil }
            parameters[name.lowercased()] = value
            rest = rest.drop(while: Self.isBlank)
        }
        guard rest.isEmpty else { return nil }
    }

    /// A parameter by its name in lower case.
    subscript(name: String) -> String? { parameters[name] }

    private static func parameterValue(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else {
            let token = rest.prefix { $0 != ";" && !isBlank($0) && $0 != "\"" }
            rest = rest[token.endIndex...]
            return token.isEmpty ? nil : String(token)
        }
        rest.removeFirst()
        var value = ""
        while let character = rest.popFirst() {
            if character == "\"" { return value }
            // Browsers write %22 for a quote and leave backslashes alone, others escape the quote: both are read.
            if character == "\\", rest.first == "\"" {
                rest.removeFirst()
                value.append("\"")
            } else {
                value.append(character)
            }
        }
        return nil
    }

    static func trimmed(_ text: Substring) -> String {
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// RFC 9110's `tchar`.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

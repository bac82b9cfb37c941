import HearthCore
import HearthJSON

/// The header fields of a part that mean something (RFC 7578, section 4).
struct PartHeader {
    private(set) var name: String?
    private(set) var fileName: String?
    private(set) var contentType: String?

    /// Reads one line, without its line break.
    /// - Throws: ``HearthError`` `invalid_request`.
    mutating func read(_ line: UnsafeRawBufferPointer) throws(HearthError) {
        guard let text = String(clientText: line) else {
            throw MultipartParser.malformed("a header is not UTF-8, or \(CombiningMarks.problem)")
        }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
            text[..<colon].utf8.allSatisfy(HeaderValue.isTokenByte)
        else { throw MultipartParser.malformed("a header has no name") }
        let rest = text[text.index(after: colon)...]
        guard rest.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" }) else {
            throw MultipartParser.malformed("a header has a control character")
        }
        switch text[..<colon].lowercased() {
        case "content-disposition": try readDisposition(String(rest))
        case "content-type":
            guard contentType == nil else { throw MultipartParser.malformed("a header is repeated") }
            contentType = HeaderValue.trimmed(rest)
        case "content-transfer-encoding":
            guard ["7bit", "8bit", "binary"].contains(HeaderValue.trimmed(rest).lowercased()) else {
                throw MultipartParser.malformed("a part is encoded, which RFC 7578 abolished")
            }
        default: break
        }
    }

    private mutating func readDisposition(_ text: String) throws(HearthError) {
        guard name == nil else { throw MultipartParser.malformed("a header is repeated") }
        guard let value = HeaderValue(text), value.value.lowercased() == "form-data" else {
            throw MultipartParser.malformed("a part is not form-data")
        }
        guard let name = value["name"] else { throw MultipartParser.malformed("a part has no name") }
        self.name = name
        fileName = value["filename"]
    }
}

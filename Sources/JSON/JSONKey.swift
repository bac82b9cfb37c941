/// A key of a JSON object, and the rule that turns Swift's names into it: `projectID` is `project_id` everywhere.
package struct JSONKey: CodingKey, Hashable, Sendable {
    package let stringValue: String
    package let intValue: Int?

    package init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    package init(index: Int) {
        stringValue = String(index)
        intValue = index
    }

    package init?(stringValue: String) { self.init(stringValue) }
    package init?(intValue: Int) { self.init(index: intValue) }

    /// `imageBase64` → `image_base64`, `websocketURL` → `websocket_url`, `URLPath` → `url_path`, `projectIDs` →
    /// `project_ids`; a name without capitals stays as it is.
    package static func snake(_ name: String) -> String {
        guard name.utf8.contains(where: isUpper) else { return name }
        let bytes = Array(name.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 4)
        for (index, byte) in bytes.enumerated() {
            guard isUpper(byte) else {
                result.append(byte)
                continue
            }
            if startsWord(bytes, at: index) { result.append(UInt8(ascii: "_")) }
            result.append(byte | 0x20)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The usual Swift name of a snake case key: `image_base64` → `imageBase64`, `project_id` → `projectID`.
    package static func camel(_ name: String) -> String {
        let words = name.split(separator: "_")
        guard words.count > 1, let first = words.first else { return name }
        return words.dropFirst().reduce(String(first)) { $0 + (acronyms[String($1)] ?? capitalized($1)) }
    }

    /// Words that Swift names write in capitals.
    private static let acronyms = ["id": "ID", "ids": "IDs", "url": "URL", "urls": "URLs"]

    private static func capitalized(_ word: Substring) -> String { word.prefix(1).uppercased() + word.dropFirst() }

    /// A capital starts a word after a small letter or digit, and as the last of a run of capitals: `URLPath`.
    private static func startsWord(_ bytes: [UInt8], at index: Int) -> Bool {
        guard index > 0, bytes[index - 1] != UInt8(ascii: "_") else { return false }
        guard isUpper(bytes[index - 1]) else { return true }
        guard index + 1 < bytes.count, isLower(bytes[index + 1]) else { return false }
        // The small `s` of a plural belongs to its acronym: `projectIDs`, `imageURLsSeen`.
        let endsAfterS = index + 2 >= bytes.count || !isLower(bytes[index + 2])
        return !(bytes[index + 1] == UInt8(ascii: "s") && endsAfterS)
    }

    private static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
}

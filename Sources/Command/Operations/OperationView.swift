import HearthCore
import HearthJSON

/// The answers of operations for people: as ``OperationAnswer`` shows them, but for some, of which a person wants to
/// see less, or something else first.
enum OperationView {
    /// What the tables of lists show, by operation.
    private static let columns = [
        "studio.characters.list": [
            "character_id", "name", "handle", "project", "is_provisional", "anchor_count", "created_at",
        ]
    ]

    static func show(_ answer: JSONValue, of operation: String) {
        for line in lines(answer, of: operation, marksWords: Terminal.isInteractive) { Terminal.line(line) }
    }

    /// - Parameter marksWords: whether the words that a search has found are shown as such, for a screen.
    static func lines(_ answer: JSONValue, of operation: String, marksWords: Bool = false) -> [String] {
        switch operation {
        case "products.search": ProductsScan.lines(answer, keeps: false)
        case "studio.characters.search": characters(answer, marksWords)
        default: OperationAnswer.lines(answer, columns: columns[operation])
        }
    }

    /// Characters that words have found, each with the pieces of text that have them.
    private static func characters(_ answer: JSONValue, _ marksWords: Bool) -> [String] {
        let matches = answer["matches"]?.arrayValue ?? []
        guard !matches.isEmpty else { return ["No character has these words."] }
        return matches.flatMap { match -> [String] in
            let character = match["character"] ?? match
            let head = ["name", "project", "character_id"].compactMap { character[$0]?.stringValue }
            let pieces = (match["snippets"]?.arrayValue ?? []).map { piece in
                "    \(piece["field"]?.stringValue ?? ""): \(text(of: piece, marksWords))"
            }
            return [head.joined(separator: "  ")] + pieces
        }
    }

    /// The text of a piece, with what was found in bold.
    private static func text(of piece: JSONValue, _ marksWords: Bool) -> String {
        let scalars = Array((piece["text"]?.stringValue ?? "").unicodeScalars)
        var (shown, place) = (String.UnicodeScalarView(), 0)
        for mark in piece["marks"]?.arrayValue ?? [] where marksWords {
            let start = Int(mark["start"]?.integerValue ?? 0)
            let end = Int(mark["end"]?.integerValue ?? 0)
            guard place <= start, start < end, end <= scalars.count else { continue }
            shown += scalars[place..<start] + Array("\u{1B}[1m".unicodeScalars) + scalars[start..<end]
            shown += Array("\u{1B}[0m".unicodeScalars)
            place = end
        }
        shown += scalars[place...]
        return String(shown).replacing("\n", with: " ")
    }
}

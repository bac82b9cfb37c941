package import HearthJSON

/// A piece of a text that shows where a search was found in it.
package struct TextSnippet: Sendable, Codable, Equatable, SchemaDescribed {
    /// Where a match stands in the piece, in Unicode scalars.
    package struct Mark: Sendable, Codable, Equatable {
        package var start: Int
        package var end: Int
    }

    /// What the text is: `backstory`.
    package var field: String
    /// The piece; an ellipsis stands where the text goes on.
    package var text: String
    package var marks: [Mark]

    package static let fields = [
        "field": FieldNote("What the text is, such as `backstory`."),
        "text": FieldNote("The piece of it; an ellipsis stands where the text goes on."),
        "marks": FieldNote(
            "What was found, in Unicode scalars of the piece: from `start` up to, not including, `end`."),
    ]

    /// The piece around the first match; nil when the text has none.
    package init?(of query: TextQuery, in text: String, field: String) {
        let words = TextWords.words(of: text)
        var found: [Range<String.Index>] = []
        for phrase in query.phrases {
            var start = 0
            while let place = phrase.place(in: words, from: start), found.count < Self.mostMarks {
                found.append(words[place.lowerBound].range.lowerBound..<words[place.upperBound - 1].range.upperBound)
                start = place.upperBound
            }
        }
        found.sort { $0.lowerBound < $1.lowerBound }
        guard let first = found.first else { return nil }
        let scalars = text.unicodeScalars
        let lead = Limits.snippetLength / 3
        let start =
            scalars.index(first.lowerBound, offsetBy: -lead, limitedBy: scalars.startIndex) ?? scalars.startIndex
        let end = scalars.index(start, offsetBy: Limits.snippetLength, limitedBy: scalars.endIndex) ?? scalars.endIndex
        // Words are not cut where it can be avoided.
        let from =
            words.first { $0.range.lowerBound >= start }.map { min($0.range.lowerBound, first.lowerBound) } ?? start
        let begin = start == scalars.startIndex ? start : from
        let last = words.last { $0.range.upperBound <= end }.map { max($0.range.upperBound, first.upperBound) } ?? end
        let stop = end == scalars.endIndex ? end : min(max(last, first.upperBound), scalars.endIndex)
        let head = begin == scalars.startIndex ? "" : "…"
        let tail = stop == scalars.endIndex ? "" : "…"
        self.field = field
        self.text = head + Self.oneLine(scalars[begin..<stop]) + tail
        marks = Self.joined(found.filter { $0.lowerBound >= begin && $0.upperBound <= stop }).map { range in
            let offset = scalars.distance(from: begin, to: range.lowerBound) + head.unicodeScalars.count
            return Mark(start: offset, end: offset + scalars.distance(from: range.lowerBound, to: range.upperBound))
        }
    }

    private static let mostMarks = 32

    /// Line ends become blanks, one for one, so that marks keep their places.
    private static func oneLine(_ scalars: Substring.UnicodeScalarView) -> String {
        var text = String.UnicodeScalarView()
        for scalar in scalars { text.append(scalar.properties.isWhitespace ? " " : scalar) }
        return String(text)
    }

    /// Matches that overlap are one.
    private static func joined(_ ranges: [Range<String.Index>]) -> [Range<String.Index>] {
        ranges.reduce(into: []) { result, range in
            if let last = result.last, range.lowerBound < last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
    }
}

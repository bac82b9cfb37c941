import Foundation

/// Finds words in lines.
enum WordSearch {
    /// Where a text begins in a line.
    static func offsets<Line: StringProtocol>(of text: String, in line: Line) -> [Line.Index] {
        // Most lines hold nothing: bytes are compared before characters are.
        guard line.utf8.count >= text.utf8.count, line.contains(text) else { return [] }
        var offsets: [Line.Index] = []
        var rest = line.startIndex..<line.endIndex
        while let range = line.range(of: text, range: rest) {
            offsets.append(range.lowerBound)
            rest = range.upperBound..<line.endIndex
        }
        return offsets
    }

    /// Where a text begins in a line without being part of a longer word at either end.
    static func words<Line: StringProtocol>(_ text: String, in line: Line) -> [Line.Index] {
        offsets(of: text, in: line).filter { start in
            let end = line.index(start, offsetBy: text.count)
            let startsWord = text.first.map(isPart) == true
            let endsWord = text.last.map(isPart) == true
            if startsWord, start > line.startIndex, isPart(line[line.index(before: start)]) { return false }
            if endsWord, end < line.endIndex, isPart(line[end]) { return false }
            return true
        }
    }

    private static func isPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}

/// What a person types into a search box: words that must all be there, and phrases in quotes.
///
/// A word stands for all words that it begins: `lant` finds `lantern`. Quoted words, and characters of scripts without
/// blanks that stand together, must stand together in the text as well.
package struct TextQuery: Sendable, Equatable {
    /// Words that stand side by side.
    package struct Phrase: Sendable, Equatable {
        package let words: [String]
        /// Whether the last word may go on.
        package let isBeginning: Bool
    }

    package let phrases: [Phrase]

    /// - Throws: ``HearthError`` `invalid_request` for a text without a word, or with too many.
    package init(_ text: String) throws(HearthError) {
        guard text.unicodeScalars.count <= Limits.searchText else {
            throw HearthError(
                .invalidRequest, "The search is too long.", hint: "At most \(Limits.searchText) characters.")
        }
        var phrases: [Phrase] = []
        var count = 0
        // Every second piece stands in quotes; a quote that is not closed reaches to the end.
        for (index, piece) in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
            let words = TextWords.words(of: String(piece))
            count += words.count
            let isQuoted = index % 2 == 1
            phrases += isQuoted ? Self.quoted(words) : Self.loose(words)
        }
        guard !phrases.isEmpty else {
            throw HearthError(
                .invalidRequest, "There is no word to search for.", hint: "Send letters or digits of any script.")
        }
        guard count <= Limits.searchWords else {
            throw HearthError(
                .invalidRequest, "The search has \(count) words.", hint: "At most \(Limits.searchWords) are allowed.")
        }
        self.phrases = phrases
    }

    private static func quoted(_ words: [TextWords.Word]) -> [Phrase] {
        words.isEmpty ? [] : [Phrase(words: words.map(\.text), isBeginning: false)]
    }

    private static func loose(_ words: [TextWords.Word]) -> [Phrase] {
        var phrases: [Phrase] = []
        var run: [TextWords.Word] = []
        func close() {
            phrases += quoted(run)
            run = []
        }
        for word in words {
            guard word.isCharacter else {
                close()
                phrases.append(Phrase(words: [word.text], isBeginning: true))
                continue
            }
            if let last = run.last, last.range.upperBound != word.range.lowerBound { close() }
            run.append(word)
        }
        close()
        return phrases
    }
}

extension TextQuery.Phrase {
    /// Where the phrase begins among words that are compared with it, and how many it covers; nil when it is not there.
    package func place(in words: [TextWords.Word], from start: Int = 0) -> Range<Int>? {
        guard words.count >= start + self.words.count else { return nil }
        return (start...words.count - self.words.count).lazy.map { $0..<$0 + self.words.count }.first { range in
            zip(words[range], self.words).enumerated().allSatisfy { offset, pair in
                let isLast = offset == self.words.count - 1
                return isBeginning && isLast ? pair.0.text.hasPrefix(pair.1) : pair.0.text == pair.1
            }
        }
    }
}

import Foundation
import HearthCore

/// Texts for measurements: the same ones in each run, and as many different ones as a run needs.
struct BenchTexts: Sendable {
    /// What is sent, in turn.
    let texts: [String]

    /// Lines of a file, without empty ones.
    /// - Throws: ``HearthError`` `invalid_configuration` when there is none.
    init(file: String) throws {
        let content = try String(contentsOf: URL(fileURLWithPath: file), encoding: .utf8)
        texts = content.split(whereSeparator: \.isNewline).map(String.init)
        guard !texts.isEmpty else {
            throw HearthError(.invalidConfiguration, "\(file) has no texts.", hint: "One text a line.")
        }
    }

    /// Sentences of made-up lengths, from phrases to paragraphs: each doubling of the length is as common.
    /// - Parameter words: Fewest and most words of a text.
    init(words: ClosedRange<Int>, count: Int = 256) {
        var random = Congruence(state: 0x5EED)
        let span = log(Double(words.upperBound) / Double(words.lowerBound))
        texts = (0..<count).map { _ in
            let length = (Double(words.lowerBound) * exp(random.fraction() * span)).rounded()
            return (0..<Int(length)).map { _ in Self.words[random.below(Self.words.count)] }.joined(separator: " ")
        }
    }

    /// A text of its own for each number: four words at its end that count, so that all have the same tokens.
    func text(_ number: Int, isUnique: Bool) -> String {
        let text = texts[number % texts.count]
        guard isUnique else { return text }
        var (words, rest) = (text, number)
        for _ in 0..<4 {
            words += " " + Self.words[rest % Self.words.count]
            rest /= Self.words.count
        }
        return words
    }

    /// Short words, each of them one token in common vocabularies; so many that four of them count to 16 millions.
    private static let words = """
        time year people way day man thing woman life child world school state family student group country problem \
        hand part place case week company system program question work government number night point home water room \
        mother area money story fact month lot right study book eye job word business issue side kind head house \
        service friend father power hour game line end member law car
        """.split(separator: " ").map(String.init)

    /// A linear congruence (D. Knuth's MMIX): the same numbers everywhere.
    struct Congruence {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }

        /// From 0 to below 1.
        mutating func fraction() -> Double { Double(below(1 << 30)) / Double(1 << 30) }
    }
}

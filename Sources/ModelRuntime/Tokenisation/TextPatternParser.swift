import HearthCore

/// Reads a regular expression in Oniguruma's Ruby syntax and lays it out as steps.
struct TextPatternParser {
    /// Why a pattern is refused.
    struct Failure: Error {
        let reason: String
    }

    /// A part of the pattern.
    indirect enum Part {
        case set(ScalarSet)
        case sequence([Part])
        case choice([Part])
        case repeated(Part, minimum: Int, maximum: Int, mode: Mode)
        case look(Part, isNegative: Bool)
        case mark(TextPattern.Step)

        /// Whether it can match without consuming anything.
        var canBeEmpty: Bool {
            switch self {
            case .set: false
            case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
            case .choice(let parts): parts.contains(where: \.canBeEmpty)
            case .repeated(let part, let minimum, _, _): minimum == 0 || part.canBeEmpty
            case .look, .mark: true
            }
        }
    }

    enum Mode {
        case greedy
        case lazy
        case possessive
    }

    /// Repetitions that are written out are few in real patterns.
    static let maximumRepetition = 1_000
    private static let maximumDepth = 32

    var scalars: [UInt32]
    var position = 0
    var ignoresCase = false
    private var depth = 0

    /// - Throws: ``Failure``.
    static func pattern(_ text: String) throws(Failure) -> TextPattern {
        var parser = TextPatternParser(scalars: text.unicodeScalars.map(\.value))
        let part = try parser.alternatives()
        guard parser.position == parser.scalars.count else { throw Failure(reason: "has a \")\" too many") }
        return try TextPatternLayout.pattern(part)
    }

    /// A pattern that matches just this text.
    static func literal(_ text: String) -> TextPattern {
        TextPattern(
            steps: text.unicodeScalars.indices.enumerated().map { .one($0.offset) } + [.accept],
            sets: text.unicodeScalars.map { ScalarSet([.range($0.value, $0.value)]) }, canBeEmpty: text.isEmpty)
    }

    private init(scalars: [UInt32]) { self.scalars = scalars }

    // MARK: Structure

    private mutating func alternatives() throws(Failure) -> Part {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw Failure(reason: "is nested too deeply") }
        var choices: [Part] = []
        while true {
            var parts: [Part] = []
            while let next = peek(), next != "|", next != ")" {
                if let part = try repetition() { parts.append(part) }
            }
            choices.append(.sequence(parts))
            guard take("|") else { break }
        }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func repetition() throws(Failure) -> Part? {
        guard var part = try atom() else { return nil }
        while let (minimum, maximum, isInterval) = try quantifier() {
            var mode = Mode.greedy
            if peek() == "?" || peek() == "+" {
                // In Ruby's syntax these signs mean other things behind braces.
                guard !isInterval else { throw Failure(reason: "has \"}?\" or \"}+\", which are not supported") }
                mode = take("?") ? .lazy : .possessive
                if mode == .possessive { _ = take("+") }
            }
            if case .repeated = part { throw Failure(reason: "repeats a repetition, which is not supported") }
            part = .repeated(part, minimum: minimum, maximum: maximum, mode: mode)
        }
        return part
    }

    private mutating func quantifier() throws(Failure) -> (minimum: Int, maximum: Int, isInterval: Bool)? {
        if take("*") { return (0, .max, false) }
        if take("+") { return (1, .max, false) }
        if take("?") { return (0, 1, false) }
        guard take("{") else { return nil }
        let minimum = number()
        var maximum = minimum
        if take(",") { maximum = number() ?? .max }
        guard take("}"), let least = minimum ?? (maximum == nil ? nil : 0), let most = maximum, least <= most else {
            throw Failure(reason: "has braces that are no repetition")
        }
        guard least <= Self.maximumRepetition, most == .max || most <= Self.maximumRepetition else {
            throw Failure(reason: "repeats more than \(Self.maximumRepetition) times")
        }
        return (least, most, true)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let next = peek(), let digit = next.wholeNumberValue, next.isASCII {
            value = min((value ?? 0) * 10 + digit, 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(Failure) -> Part? {
        guard let next = peek() else { return nil }
        switch next {
        case "(": return try group()
        case "[": return .set(try ScalarSetParser.bracket(&self))
        case "^":
            position += 1
            return .mark(.lineStart)
        case "$":
            position += 1
            return .mark(.lineEnd)
        case ".":
            position += 1
            return .set(ScalarSet([.range(0x0A, 0x0A)], isNegated: true))
        case "\\": return try escape()
        case "*", "+", "?", "{": throw Failure(reason: "repeats nothing")
        default:
            position += 1
            return .set(try ScalarSetParser.single(scalars[position - 1], &self))
        }
    }

    private mutating func escape() throws(Failure) -> Part {
        for (mark, step) in [("A", TextPattern.Step.textStart), ("z", .textEnd)] where sees("\\\(mark)") {
            position += 2
            return .mark(step)
        }
        return .set(ScalarSet([try ScalarSetParser.escape(&self)]))
    }

    private mutating func group() throws(Failure) -> Part? {
        position += 1
        let outerCase = ignoresCase
        var isNegative: Bool?
        if take("?") {
            if take(":") {
            } else if take("=") {
                isNegative = false
            } else if take("!") {
                isNegative = true
            } else if sees("i:") || sees("i)") {
                position += 1
                ignoresCase = true
                // Without a colon it holds for the rest of the group around it.
                if take(")") { return nil }
                position += 1
            } else {
                throw Failure(reason: "has a group of a kind that is not supported")
            }
        }
        let part = try alternatives()
        guard take(")") else { throw Failure(reason: "has a \"(\" without its \")\"") }
        ignoresCase = outerCase
        guard let isNegative else { return part }
        return .look(part, isNegative: isNegative)
    }

    // MARK: Characters

    func peek() -> Character? {
        guard position < scalars.count else { return nil }
        return Unicode.Scalar(scalars[position]).map(Character.init)
    }

    mutating func take(_ character: Character) -> Bool {
        guard peek() == character else { return false }
        position += 1
        return true
    }

    func sees(_ text: String) -> Bool {
        scalars[position...].starts(with: text.unicodeScalars.map(\.value))
    }
}

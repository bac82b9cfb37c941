/// Lays out the parts of a pattern as steps.
struct TextPatternLayout {
    typealias Part = TextPatternParser.Part
    typealias Failure = TextPatternParser.Failure

    /// Steps of one pattern; real ones have about fifty.
    private static let maximumSteps = 10_000

    private var steps: [TextPattern.Step] = []
    private var sets: [ScalarSet] = []

    static func pattern(_ part: Part) throws(Failure) -> TextPattern {
        var layout = TextPatternLayout()
        try layout.add(part)
        layout.steps.append(.accept)
        return TextPattern(steps: layout.steps, sets: layout.sets, canBeEmpty: part.canBeEmpty)
    }

    private mutating func add(_ part: Part) throws(Failure) {
        guard steps.count <= Self.maximumSteps else { throw Failure(reason: "is too long") }
        switch part {
        case .set(let set):
            sets.append(set)
            steps.append(.one(sets.count - 1))
        case .mark(let step): steps.append(step)
        case .sequence(let parts): for part in parts { try add(part) }
        case .choice(let parts): try add(choice: parts)
        case .look(let part, let isNegative):
            let look = steps.count
            steps.append(.accept)
            try add(part)
            steps.append(.accept)
            steps[look] = .look(isNegative: isNegative, end: steps.count)
        case .repeated(.set(let set), let minimum, let maximum, let mode):
            sets.append(set)
            let index = sets.count - 1
            steps.append(
                mode == .lazy
                    ? .lazyRun(set: index, minimum: minimum, maximum: maximum)
                    : .run(set: index, minimum: minimum, maximum: maximum, keeps: mode == .possessive))
        case .repeated(.sequence(let parts), let minimum, let maximum, let mode) where parts.count == 1:
            try add(.repeated(parts[0], minimum: minimum, maximum: maximum, mode: mode))
        case .repeated(let part, let minimum, let maximum, let mode):
            try add(part, minimum: minimum, maximum: maximum, mode: mode)
        }
    }

    private mutating func add(choice parts: [Part]) throws(Failure) {
        var ends: [Int] = []
        for (index, part) in parts.enumerated() {
            guard index < parts.count - 1 else {
                try add(part)
                break
            }
            let fork = steps.count
            steps.append(.accept)
            try add(part)
            ends.append(steps.count)
            steps.append(.accept)
            steps[fork] = .fork(fork + 1, steps.count)
        }
        for end in ends { steps[end] = .jump(steps.count) }
    }

    /// A repeated group: what must be there written out, and a loop or a nest of choices behind it.
    private mutating func add(
        _ part: Part, minimum: Int, maximum: Int, mode: TextPatternParser.Mode
    ) throws(Failure) {
        guard mode != .possessive else { throw Failure(reason: "repeats a group possessively") }
        guard !part.canBeEmpty || maximum == 1 else { throw Failure(reason: "repeats a group that can be empty") }
        for _ in 0..<minimum { try add(part) }
        func fork(_ inside: Int, _ outside: Int) -> TextPattern.Step {
            mode == .lazy ? .fork(outside, inside) : .fork(inside, outside)
        }
        if maximum == .max {
            let start = steps.count
            steps.append(.accept)
            try add(part)
            steps.append(.jump(start))
            steps[start] = fork(start + 1, steps.count)
            return
        }
        var forks: [Int] = []
        for _ in minimum..<maximum {
            forks.append(steps.count)
            steps.append(.accept)
            try add(part)
        }
        for index in forks { steps[index] = fork(index + 1, steps.count) }
    }
}

import HearthCore

/// A regular expression as tokenizer files hold them, or a plain text to look for.
///
/// The reference runs these patterns on Oniguruma over UTF-8. This is the part of its syntax that published tokenizers
/// use, on bytes, with a stack of its own: no text can exhaust the thread's, and a run of one set of characters costs
/// one entry however long it is. Unknown syntax is refused when the file is read. What a pattern matches does not
/// depend on the locale.
struct TextPattern: Sendable {
    enum Step: Sendable {
        case one(Int)
        /// As many as possible from `minimum` to `maximum`, given back one by one unless `keeps`.
        case run(set: Int, minimum: Int, maximum: Int, keeps: Bool)
        /// As few as possible.
        case lazyRun(set: Int, minimum: Int, maximum: Int)
        /// Goes on at the first place, and at the second when that fails.
        case fork(Int, Int)
        case jump(Int)
        /// What stands up to `end` must match here, or must not; nothing is consumed.
        case look(isNegative: Bool, end: Int)
        case textStart
        case textEnd
        case lineStart
        case lineEnd
        case accept
    }

    let steps: [Step]
    let sets: [ScalarSet]
    /// Whether a match may be empty.
    let canBeEmpty: Bool

    /// Where a match may be continued when the present attempt fails.
    struct Choice {
        var step: Int
        var position: Int
        /// For runs: how far the position may still move; otherwise equal to the position.
        var limit: Int
    }

    /// Calls `body` with each match, from left to right. No match begins inside another, and none is empty at the end
    /// of the one before.
    func forEachMatch(in bytes: [UInt8], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var stack: [Choice] = []
        var start = range.lowerBound
        var lastEnd = -1
        while start <= range.upperBound {
            let end = match(bytes, range, at: start, step: 0, &stack)
            if let end, end > start || end != lastEnd {
                body(start..<end)
                lastEnd = end
                // An empty match here is tried once more and then passed over.
                if end > start {
                    start = end
                    continue
                }
            }
            guard start < range.upperBound else { return }
            start += UTF8Text.length(bytes[start])
        }
    }

    /// The end of the match that begins at `start`; nil when there is none.
    private func match(
        _ bytes: [UInt8], _ range: Range<Int>, at start: Int, step first: Int, _ stack: inout [Choice]
    ) -> Int? {
        let bottom = stack.count
        defer { stack.removeLast(stack.count - bottom) }
        var position = start
        var step = first
        while true {
            var isMatched = true
            switch steps[step] {
            case .accept: return position
            case .one(let set):
                isMatched = take(sets[set], bytes, range, &position)
                step += 1
            case .run(let set, let minimum, let maximum, let keeps):
                let least = run(sets[set], minimum, maximum, bytes, range, &position)
                if let least, !keeps, least < position {
                    stack.append(Choice(step: step + 1, position: position, limit: least))
                }
                isMatched = least != nil
                step += 1
            case .lazyRun(let set, let minimum, let maximum):
                isMatched = run(sets[set], minimum, minimum, bytes, range, &position) != nil
                if isMatched, maximum > minimum {
                    stack.append(Choice(step: step, position: position, limit: position - (maximum - minimum)))
                }
                step += 1
            case .fork(let preferred, let other):
                stack.append(Choice(step: other, position: position, limit: position))
                step = preferred
            case .jump(let target): step = target
            case .look(let isNegative, let end):
                isMatched = (match(bytes, range, at: position, step: step + 1, &stack) != nil) != isNegative
                step = end
            case .textStart, .textEnd, .lineStart, .lineEnd:
                isMatched = isAt(steps[step], position, bytes, range)
                step += 1
            }
            if !isMatched {
                guard let choice = nextChoice(&stack, above: bottom, bytes, range) else { return nil }
                (step, position) = choice
            }
        }
    }

    /// Takes the last choice, shortened or lengthened by one scalar when it is a run.
    private func nextChoice(
        _ stack: inout [Choice], above bottom: Int, _ bytes: [UInt8], _ range: Range<Int>
    ) -> (step: Int, position: Int)? {
        while stack.count > bottom {
            var choice = stack.removeLast()
            if case .lazyRun(let set, _, _) = steps[choice.step] {
                let more = choice.position - choice.limit
                guard more > 0, take(sets[set], bytes, range, &choice.position) else { continue }
                if more > 1 {
                    stack.append(
                        Choice(step: choice.step, position: choice.position, limit: choice.position - (more - 1)))
                }
                return (choice.step + 1, choice.position)
            }
            guard choice.limit < choice.position else { return (choice.step, choice.position) }
            choice.position = UTF8Text.start(bytes, before: choice.position)
            if choice.limit < choice.position { stack.append(choice) }
            return (choice.step, choice.position)
        }
        return nil
    }

    @inline(__always)
    private func take(_ set: ScalarSet, _ bytes: [UInt8], _ range: Range<Int>, _ position: inout Int) -> Bool {
        guard position < range.upperBound else { return false }
        let (value, length) = UTF8Text.scalar(bytes, at: position)
        guard set.contains(value) else { return false }
        position += length
        return true
    }

    /// Moves over as many scalars of the set as there are. Returns where the least number of them ends; nil when there
    /// are fewer.
    @inline(__always)
    private func run(
        _ set: ScalarSet, _ minimum: Int, _ maximum: Int, _ bytes: [UInt8], _ range: Range<Int>,
        _ position: inout Int
    ) -> Int? {
        var count = 0
        var least = position
        while count < maximum, take(set, bytes, range, &position) {
            count += 1
            if count == minimum { least = position }
        }
        return count < minimum ? nil : least
    }

    private func isAt(_ step: Step, _ position: Int, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        switch step {
        case .textStart: position == range.lowerBound
        case .textEnd: position == range.upperBound
        case .lineStart:
            position == range.lowerBound || (bytes[position - 1] == 0x0A && position < range.upperBound)
        case .lineEnd: position == range.upperBound || bytes[position] == 0x0A
        default: true
        }
    }
}

/// Reads the patterns of a `tokenizer.json`: `{"String": …}` or `{"Regex": …}`.
enum TextPatternReader {
    static func pattern(_ field: TokenizerField) throws(HearthError) -> TextPattern {
        if let text = try field.optional("String") { return TextPatternParser.literal(try text.string()) }
        let expression = try field.required("Regex")
        let text = try expression.string()
        do throws(TextPatternParser.Failure) {
            return try TextPatternParser.pattern(text)
        } catch {
            throw expression.refusal(error.reason)
        }
    }
}

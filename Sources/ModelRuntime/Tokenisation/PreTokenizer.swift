/// How a text is cut into the words that the model sees.
indirect enum PreTokenizer: Sendable {
    /// When Metaspace puts its sign in front.
    enum PrependScheme: String, Sendable {
        case always
        case first
        case never
    }

    case bert
    /// Runs of word characters and runs of other signs; white space is dropped.
    case whitespace
    case whitespaceSplit
    case byteLevel(addsPrefixSpace: Bool, usesPattern: Bool)
    case metaspace(replacement: UInt32, scheme: PrependScheme, splits: Bool)
    case split(TextPattern, WordPieces.Behaviour, isInverted: Bool)
    case punctuation(WordPieces.Behaviour)
    case digits(isIndividual: Bool)
    case sequence([PreTokenizer])

    func apply(to pieces: inout WordPieces) {
        switch self {
        case .bert:
            pieces.splitIntoWords()
        case .whitespace:
            pieces.splitIntoRuns { value in
                ScalarClass.isWord(value) ? 0 : ScalarClass.isWhitespace(value) ? nil : 1
            }
        case .whitespaceSplit: pieces.split(.removed, where: ScalarClass.isWhitespace)
        case .byteLevel(let addsPrefixSpace, let usesPattern):
            Self.applyByteLevel(&pieces, addsPrefixSpace: addsPrefixSpace, usesPattern: usesPattern)
        case .metaspace(let replacement, let scheme, let splits):
            Self.applyMetaspace(&pieces, replacement, scheme)
            if splits { pieces.split(.mergedWithNext) { $0 == replacement } }
        case .split(let pattern, let behaviour, let isInverted):
            pieces.split(behaviour, at: pattern, isInverted: isInverted)
        case .punctuation(let behaviour): pieces.split(behaviour, where: ScalarClass.isPunctuation)
        case .digits(let isIndividual):
            pieces.split(isIndividual ? .isolated : .contiguous, where: ScalarClass.isNumber)
        case .sequence(let steps): for step in steps { step.apply(to: &pieces) }
        }
    }

    /// GPT-2's pattern: contractions, words with the space in front of them, numbers, other signs, white space.
    private static let words: TextPattern? = try? TextPatternParser.pattern(
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#)

    private static func applyByteLevel(_ pieces: inout WordPieces, addsPrefixSpace: Bool, usesPattern: Bool) {
        if addsPrefixSpace {
            pieces.rewrite { bytes, _, result in
                if bytes.first != 0x20 { result.append(0x20) }
                result += bytes
            }
        }
        if usesPattern, let words { pieces.split(.isolated, at: words, isInverted: false) }
        pieces.rewrite { bytes, _, result in ByteAlphabet.append(bytes, to: &result) }
    }

    private static func applyMetaspace(_ pieces: inout WordPieces, _ replacement: UInt32, _ scheme: PrependScheme) {
        var sign: [UInt8] = []
        UTF8Text.append(replacement, to: &sign)
        pieces.rewrite { bytes, isAtStart, result in
            let startsWithSign = bytes.first == 0x20 || bytes.starts(with: sign)
            if !startsWithSign, scheme == .always || (scheme == .first && isAtStart) { result += sign }
            for byte in bytes {
                if byte == 0x20 { result += sign } else { result.append(byte) }
            }
        }
    }
}

extension WordPieces {
    /// BERT's words: cut at white space, which is dropped, and around each punctuation sign, which is kept.
    mutating func splitIntoWords() {
        var result: [Range<Int>] = []
        result.reserveCapacity(ranges.count + bytes.count / 4)
        for range in ranges {
            var start = range.lowerBound
            var position = start
            while position < range.upperBound {
                let (value, length) = UTF8Text.scalar(bytes, at: position)
                let isPunctuation = ScalarClass.isPunctuation(value)
                if isPunctuation || ScalarClass.isWhitespace(value) {
                    if start < position { result.append(start..<position) }
                    if isPunctuation { result.append(position..<position + length) }
                    start = position + length
                }
                position += length
            }
            if start < position { result.append(start..<position) }
        }
        isFirstAtStart = isFirstAtStart && result.first?.lowerBound == ranges.first?.lowerBound
        ranges = result
    }
}

/// A text cut into pieces, each of which becomes tokens by itself.
struct WordPieces {
    /// What becomes of the parts that a cut is made at.
    enum Behaviour: String, Sendable {
        case removed = "Removed"
        case isolated = "Isolated"
        case mergedWithPrevious = "MergedWithPrevious"
        case mergedWithNext = "MergedWithNext"
        case contiguous = "Contiguous"
    }

    /// A part of a piece: a delimiter, or what stands between two.
    private struct Part {
        var range: Range<Int>
        var isMatch: Bool
    }

    var bytes: [UInt8]
    /// In order, none empty.
    var ranges: [Range<Int>]
    /// Whether the first piece begins with the first character of the whole input.
    var isFirstAtStart: Bool

    init(_ text: NormalizedText, _ range: Range<Int>) {
        bytes = text.bytes
        ranges = range.isEmpty ? [] : [range]
        isFirstAtStart = text.isAtStart && range.lowerBound == 0
    }

    // MARK: Cuts

    /// Cuts where scalars are chosen, each of them a delimiter of its own.
    mutating func split(_ behaviour: Behaviour, where isDelimiter: (UInt32) -> Bool) {
        split(behaviour, isInverted: false) { bytes, range, body in
            var position = range.lowerBound
            while position < range.upperBound {
                let (value, length) = UTF8Text.scalar(bytes, at: position)
                if isDelimiter(value) { body(position..<position + length) }
                position += length
            }
        }
    }

    /// Cuts where the pattern matches, or at what it leaves.
    mutating func split(_ behaviour: Behaviour, at pattern: TextPattern, isInverted: Bool) {
        split(behaviour, isInverted: isInverted) { bytes, range, body in
            pattern.forEachMatch(in: bytes, range, body)
        }
    }

    /// Cuts into runs of one class and drops those that have none.
    mutating func splitIntoRuns(_ classOf: (UInt32) -> Int?) {
        split(.removed, isInverted: true) { bytes, range, body in
            var position = range.lowerBound
            var start = position
            var current: Int?
            while position < range.upperBound {
                let (value, length) = UTF8Text.scalar(bytes, at: position)
                let found = classOf(value)
                if found != current {
                    if current != nil { body(start..<position) }
                    start = position
                    current = found
                }
                position += length
            }
            if current != nil { body(start..<position) }
        }
    }

    @inline(__always)
    private mutating func split(
        _ behaviour: Behaviour, isInverted: Bool, _ forEachMatch: ([UInt8], Range<Int>, (Range<Int>) -> Void) -> Void
    ) {
        var result: [Range<Int>] = []
        result.reserveCapacity(ranges.count)
        var parts: [Part] = []
        var keepsStart = false
        for (index, range) in ranges.enumerated() {
            parts.removeAll(keepingCapacity: true)
            var end = range.lowerBound
            forEachMatch(bytes, range) { match in
                if end != match.lowerBound { parts.append(Part(range: end..<match.lowerBound, isMatch: isInverted)) }
                parts.append(Part(range: match, isMatch: !isInverted))
                end = match.upperBound
            }
            if end != range.upperBound { parts.append(Part(range: end..<range.upperBound, isMatch: isInverted)) }
            Self.append(parts, behaviour, to: &result)
            if index == 0 { keepsStart = result.first?.lowerBound == range.lowerBound }
        }
        isFirstAtStart = isFirstAtStart && keepsStart
        ranges = result
    }

    private static func append(_ parts: [Part], _ behaviour: Behaviour, to result: inout [Range<Int>]) {
        switch behaviour {
        case .removed: for part in parts where !part.isMatch { append(part.range, to: &result) }
        case .isolated: for part in parts { append(part.range, to: &result) }
        case .contiguous:
            merge(parts, into: &result) { part, previous in part.isMatch == previous }
        case .mergedWithPrevious:
            merge(parts, into: &result) { part, previous in part.isMatch && !previous }
        case .mergedWithNext:
            var reversed: [Range<Int>] = []
            var previous = false
            for part in parts.reversed() {
                if part.isMatch, !previous, let last = reversed.last {
                    reversed[reversed.count - 1] = part.range.lowerBound..<last.upperBound
                } else {
                    reversed.append(part.range)
                }
                previous = part.isMatch
            }
            for range in reversed.reversed() { append(range, to: &result) }
        }
    }

    /// Joins each part for which `joins` says so to the one before it in this piece.
    private static func merge(
        _ parts: [Part], into result: inout [Range<Int>], _ joins: (Part, _ previous: Bool) -> Bool
    ) {
        var open: Range<Int>?
        var previous = false
        for part in parts {
            if let range = open, joins(part, previous) {
                open = range.lowerBound..<part.range.upperBound
            } else {
                if let range = open { append(range, to: &result) }
                open = part.range
            }
            previous = part.isMatch
        }
        if let range = open { append(range, to: &result) }
    }

    @inline(__always)
    private static func append(_ range: Range<Int>, to result: inout [Range<Int>]) {
        if !range.isEmpty { result.append(range) }
    }

    // MARK: Changes

    /// Writes each piece again.
    mutating func rewrite(_ body: (_ bytes: ArraySlice<UInt8>, _ isAtStart: Bool, _ result: inout [UInt8]) -> Void) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 2)
        for index in ranges.indices {
            let start = result.count
            body(bytes[ranges[index]], index == 0 && isFirstAtStart, &result)
            ranges[index] = start..<result.count
        }
        bytes = result
    }
}

/// A stretch of the input on its way to its normal form.
struct NormalizedText {
    /// Valid UTF-8.
    var bytes: [UInt8]
    /// Whether the first byte comes from the first character of the whole input, which Metaspace wants to know.
    var isAtStart: Bool

    /// Drops the scalars for which `keeps` is false.
    mutating func filter(_ keeps: (UInt32) -> Bool) {
        var result: [UInt8]?
        var position = 0
        while position < bytes.count {
            let (value, length) = UTF8Text.scalar(bytes, at: position)
            if keeps(value) {
                if result != nil { result?.append(contentsOf: bytes[position..<position + length]) }
            } else if result == nil {
                result = Array(bytes[..<position])
                if position == 0 { isAtStart = false }
            }
            position += length
        }
        if let result { bytes = result }
    }

    /// Puts other scalars in place of some.
    mutating func map(_ change: (UInt32) -> UInt32) {
        guard let first = firstOffset(where: { change($0) != $0 }) else { return }
        var result = Array(bytes[..<first])
        result.reserveCapacity(bytes.count)
        var position = first
        while position < bytes.count {
            let (value, length) = UTF8Text.scalar(bytes, at: position)
            UTF8Text.append(change(value), to: &result)
            position += length
        }
        bytes = result
    }

    /// Puts a space on both sides of some scalars.
    mutating func surround(_ isChosen: (UInt32) -> Bool) {
        guard let first = firstOffset(where: isChosen) else { return }
        var result = Array(bytes[..<first])
        result.reserveCapacity(bytes.count * 2)
        var position = first
        while position < bytes.count {
            let (value, length) = UTF8Text.scalar(bytes, at: position)
            let isChosen = isChosen(value)
            if isChosen { result.append(0x20) }
            result.append(contentsOf: bytes[position..<position + length])
            if isChosen { result.append(0x20) }
            position += length
        }
        bytes = result
    }

    /// Each scalar's own lower case, whatever stands around it.
    mutating func lowercase() {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x80 {
                result.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
                position += 1
                continue
            }
            let (value, length) = UTF8Text.scalar(bytes, at: position)
            let properties = ScalarClass.scalar(value).properties
            if properties.changesWhenLowercased {
                result.append(contentsOf: properties.lowercaseMapping.utf8)
            } else {
                result.append(contentsOf: bytes[position..<position + length])
            }
            position += length
        }
        bytes = result
    }

    mutating func strip(left: Bool, right: Bool) {
        var start = 0
        var end = bytes.count
        while left, start < end {
            let (value, length) = UTF8Text.scalar(bytes, at: start)
            guard ScalarClass.isWhitespace(value) else { break }
            start += length
        }
        while right, start < end {
            let last = UTF8Text.start(bytes, before: end)
            guard ScalarClass.isWhitespace(UTF8Text.scalar(bytes, at: last).value) else { break }
            end = last
        }
        if start > 0 { isAtStart = false }
        if end - start < bytes.count { bytes = Array(bytes[start..<end]) }
    }

    /// Puts `content` in place of all that the pattern matches.
    mutating func replace(_ pattern: TextPattern, with content: [UInt8]) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var end = 0
        var comesFromStart = isAtStart
        pattern.forEachMatch(in: bytes, 0..<bytes.count) { match in
            // What takes the place of several characters belongs to the last of them.
            if match.lowerBound == 0, end == 0, !match.isEmpty {
                comesFromStart = isAtStart && !content.isEmpty && match.upperBound == UTF8Text.length(bytes[0])
            }
            result.append(contentsOf: bytes[end..<match.lowerBound])
            result.append(contentsOf: content)
            end = match.upperBound
        }
        guard end > 0 || !result.isEmpty else { return }
        result.append(contentsOf: bytes[end...])
        bytes = result
        isAtStart = comesFromStart
    }

    private func firstOffset(where isChosen: (UInt32) -> Bool) -> Int? {
        var position = 0
        while position < bytes.count {
            let (value, length) = UTF8Text.scalar(bytes, at: position)
            if isChosen(value) { return position }
            position += length
        }
        return nil
    }
}

/// Splits Swift source into code and comments, without parsing it.
///
/// Knows nested comments, strings of all four kinds with interpolations (whose content is code), names in backticks and
/// `#/…/#`. A bare `/…/` is taken for code: harmless unless it holds a quote or two slashes.
struct SwiftLayers {
    private enum Context {
        /// Code; `depth` counts the open parentheses of an interpolation and is nil outside of one.
        case code(depth: Int?)
        case lineComment
        case blockComment(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
        case regex(hashes: Int)
        case name
    }

    private enum Layer { case code, comment, neither }

    private let bytes: [UInt8]
    private var position = 0
    private var contexts: [Context] = [.code(depth: nil)]
    private var codeBytes: [UInt8] = []
    private var commentBytes: [UInt8] = []

    init(of text: String) {
        bytes = Array(text.utf8)
        codeBytes.reserveCapacity(bytes.count)
        commentBytes.reserveCapacity(bytes.count)
        while position < bytes.count { step() }
    }

    /// The lines with comments and the content of strings blanked; strings keep their quotes.
    var code: [String] { Self.lines(codeBytes) }

    /// The lines with everything but comments blanked; comments keep their slashes.
    var comments: [String] { Self.lines(commentBytes) }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func step() {
        switch contexts.last {
        case .code(let depth): stepInCode(depth: depth)
        case .lineComment:
            if bytes[position] == UInt8(ascii: "\n") { contexts.removeLast() }
            take(1, as: .comment)
        case .blockComment(let depth): stepInBlockComment(depth: depth)
        case .string(let hashes, let isMultiline): stepInString(hashes: hashes, isMultiline: isMultiline)
        case .regex(let hashes): stepInRegex(hashes: hashes)
        case .name:
            let isEnd = sees("`") || sees("\n")
            if isEnd { contexts.removeLast() }
            take(1, as: isEnd ? .code : .neither)
        case nil: take(1, as: .code)
        }
    }

    private mutating func stepInCode(depth: Int?) {
        if sees("//") {
            contexts.append(.lineComment)
            take(2, as: .comment)
        } else if sees("/*") {
            contexts.append(.blockComment(depth: 1))
            take(2, as: .comment)
        } else if sees("`") {
            contexts.append(.name)
            take(1, as: .code)
        } else if sees("#") || sees("\"") {
            openLiteral()
        } else {
            if let depth {
                let change = sees("(") ? 1 : sees(")") ? -1 : 0
                contexts[contexts.count - 1] = .code(depth: depth + change)
                if depth + change == 0 { contexts.removeLast() }
            }
            take(1, as: .code)
        }
    }

    /// A string or a regular expression, if one begins here.
    private mutating func openLiteral() {
        let hashes = countHashes(from: position)
        if sees("\"\"\"", after: hashes) {
            contexts.append(.string(hashes: hashes, isMultiline: true))
            take(hashes + 3, as: .code)
        } else if sees("\"", after: hashes) {
            contexts.append(.string(hashes: hashes, isMultiline: false))
            take(hashes + 1, as: .code)
        } else if hashes > 0, sees("/", after: hashes) {
            contexts.append(.regex(hashes: hashes))
            take(hashes + 1, as: .code)
        } else {
            take(max(1, hashes), as: .code)
        }
    }

    private mutating func stepInBlockComment(depth: Int) {
        if sees("*/") {
            contexts.removeLast()
            if depth > 1 { contexts.append(.blockComment(depth: depth - 1)) }
            take(2, as: .comment)
        } else if sees("/*") {
            contexts[contexts.count - 1] = .blockComment(depth: depth + 1)
            take(2, as: .comment)
        } else {
            take(1, as: .comment)
        }
    }

    private mutating func stepInString(hashes: Int, isMultiline: Bool) {
        let quotes = isMultiline ? "\"\"\"" : "\""
        if sees("\\"), countHashes(from: position + 1) >= hashes {
            if sees("(", after: 1 + hashes) {
                contexts.append(.code(depth: 1))
                take(1 + hashes, as: .neither)
                take(1, as: .code)
            } else {
                take(2 + hashes, as: .neither)
            }
        } else if sees(quotes), countHashes(from: position + quotes.utf8.count) >= hashes {
            contexts.removeLast()
            take(quotes.utf8.count + hashes, as: .code)
        } else {
            // A line break ends what is not a string after all.
            if sees("\n"), !isMultiline { contexts.removeLast() }
            take(1, as: .neither)
        }
    }

    private mutating func stepInRegex(hashes: Int) {
        if sees("\\") {
            take(2, as: .neither)
        } else if sees("/"), countHashes(from: position + 1) >= hashes {
            contexts.removeLast()
            take(1 + hashes, as: .code)
        } else {
            take(1, as: .neither)
        }
    }

    private func sees(_ text: String, after offset: Int = 0) -> Bool {
        var index = position + offset
        for byte in text.utf8 {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }

    private func countHashes(from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
        return end - start
    }

    /// Moves on, leaving the bytes in their layer and blanks in the others; line breaks are in all.
    private mutating func take(_ count: Int, as layer: Layer) {
        for byte in bytes[position..<min(bytes.count, position + count)] {
            let isBreak = byte == UInt8(ascii: "\n")
            codeBytes.append(isBreak || layer == .code ? byte : UInt8(ascii: " "))
            commentBytes.append(isBreak || layer == .comment ? byte : UInt8(ascii: " "))
        }
        position += count
    }
}

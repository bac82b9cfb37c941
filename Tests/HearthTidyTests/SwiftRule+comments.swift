extension SwiftRule {
    /// Comments are looked at, strings are not: they may speak of anything.
    static let leftovers = SwiftRule("no unfinished work is left behind") { file in
        file.comments.enumerated().flatMap { index, line in
            TextRule.leftovers(in: line, of: file.text, number: index + 1)
        }
    }

    /// What is not used is deleted; history remembers it.
    static let commentedOutCode = SwiftRule("no code is commented out") { file in
        file.comments.enumerated().compactMap { index, line in
            let comment = line.drop(while: \.isWhitespace)
            guard comment.hasPrefix("//"), !comment.hasPrefix("///") else { return nil }
            let content = comment.dropFirst(2).drop(while: \.isWhitespace)
            guard isCode(trimmed(content)) else { return nil }
            return file.text.violation(line: index + 1, "this comment is code; delete it")
        }
    }

    /// Whether a comment reads as code: it ends as code ends, or begins as only code begins.
    static func isCode(_ text: String) -> Bool {
        if text.hasSuffix("{") || text.hasSuffix(";") { return true }
        if !text.isEmpty, text.allSatisfy({ "{}()".contains($0) }) { return true }
        let words = text.split(separator: " ", maxSplits: 2)
        guard let first = words.first else { return false }
        switch first {
        case "import": return words.count == 2 && words[1].first?.isUppercase == true
        case "let", "var": return words.count > 2 && (words[1].hasSuffix(":") || words[2].hasPrefix("="))
        case "func", "init": return text.contains("(") && text.contains(")") && !text.hasSuffix(".")
        case "return", "throw", "try", "await": return text.hasSuffix(")")
        case "package", "private", "static", "@Test", "@Suite": return text.contains("func ") || text.contains(" let ")
        default: return isLoneCall(text)
        }
    }

    /// Whether a text is one call with arguments and nothing else, such as `queue.close(now: true)`.
    private static func isLoneCall(_ text: String) -> Bool {
        guard let open = text.firstIndex(of: "("), text.hasSuffix(")"), !text.hasSuffix(":)") else { return false }
        let callee = text[..<open]
        return callee.contains(".") && callee.allSatisfy { $0.isLetter || $0.isNumber || "._?".contains($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

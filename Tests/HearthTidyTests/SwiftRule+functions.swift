extension SwiftRule {
    static let maximumFunctionLines = 70

    /// A function fits on a screen.
    static let functionLength = SwiftRule("no function is longer than \(maximumFunctionLines) lines") { file in
        functions(in: file.tokens).compactMap { function in
            guard function.lines > maximumFunctionLines else { return nil }
            return file.text.violation(line: function.line, "\(function.name) has \(function.lines) lines; split it")
        }
    }

    /// A function, initialiser, subscript or computed property with a body.
    struct Function: Equatable {
        var name: String
        /// Of its keyword, from 1.
        var line: Int
        /// From its keyword to its last brace.
        var lines: Int
    }

    /// All functions, those inside others too.
    static func functions(in tokens: [SwiftFile.Token]) -> [Function] {
        tokens.indices.compactMap { index in
            guard let name = declaredName(at: index, in: tokens),
                let open = bodyStart(after: index, in: tokens), let close = closingBrace(of: open, in: tokens)
            else { return nil }
            let line = tokens[index].line
            return Function(name: name, line: line, lines: tokens[close].line - line + 1)
        }
    }

    private static func declaredName(at index: Int, in tokens: [SwiftFile.Token]) -> String? {
        let previous = index > 0 ? tokens[index - 1].text : ""
        let next = index + 1 < tokens.count ? tokens[index + 1].text : ""
        switch tokens[index].text {
        case "func": return next
        case "init": return previous != "." && ["(", "<", "?", "!"].contains(next) ? "init" : nil
        case "deinit", "subscript": return previous != "." ? tokens[index].text : nil
        case "var": return ["if", "guard", "while", "for", "case", ",", "("].contains(previous) ? nil : next
        default: return nil
        }
    }

    /// The brace that opens the body; nil when the declaration has none, as in a protocol.
    private static func bodyStart(after index: Int, in tokens: [SwiftFile.Token]) -> Int? {
        let isProperty = tokens[index].text == "var"
        var depth = 0
        for position in tokens.indices[(index + 1)...] {
            let text = tokens[position].text
            switch text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return position
            case "=" where isProperty && depth == 0: return nil
            default: if depth < 0 || (depth == 0 && beginsAnother.contains(text)) { return nil }
            }
        }
        return nil
    }

    /// Words and marks that cannot stand between a name and its body.
    private static let beginsAnother: Set<String> = [
        "associatedtype", "case", "class", "defer", "do", "enum", "extension", "for", "func", "guard", "if", "import",
        "in", "init", "let", "protocol", "repeat", "return", "struct", "subscript", "switch", "typealias", "var",
        "while", "}",
    ]

    private static func closingBrace(of open: Int, in tokens: [SwiftFile.Token]) -> Int? {
        var depth = 0
        for position in tokens.indices[open...] {
            if tokens[position].text == "{" { depth += 1 }
            if tokens[position].text == "}" { depth -= 1 }
            if depth == 0 { return position }
        }
        return nil
    }
}

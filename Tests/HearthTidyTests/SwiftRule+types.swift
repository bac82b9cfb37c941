extension SwiftRule {
    /// A type that other modules see says what it is.
    static let documentedTypes = SwiftRule("every package type has a documentation comment") { file in
        guard file.text.isIn("Sources/") else { return [] }
        return file.code.enumerated().compactMap { index, line in
            guard let type = declaredType(line), type.isPackage, !isDocumented(file, above: index) else { return nil }
            // An inner alias is what a protocol asks for; the protocol has explained it.
            if type.kind == "typealias", line.first?.isWhitespace == true { return nil }
            return file.text.violation(line: index + 1, "\(type.name) needs a line of /// that says what it is")
        }
    }

    /// Properties and memberwise initialisers may explain themselves, or share the comment of their group.
    static let documentedFunctions = SwiftRule("every package function has a documentation comment") { file in
        guard file.text.isIn("Sources/") else { return [] }
        return file.code.enumerated().compactMap { index, line in
            guard let name = packageFunction(line), !isDocumented(file, above: index) else { return nil }
            return file.text.violation(line: index + 1, "\(name) needs a line of /// that says what it does")
        }
    }

    /// The name of the package function that a line declares; nil for other lines.
    private static func packageFunction(_ line: String) -> String? {
        let words = line.split { $0.isWhitespace || $0 == "(" || $0 == "<" }
        guard let place = words.firstIndex(of: "func"), place + 1 < words.count, words[..<place].contains("package")
        else { return nil }
        return String(words[place + 1])
    }

    /// A file has 60 lines at least: a type that is shorter lives with the type that it serves.
    static let maximumCompanionLines = 60

    /// A type is found by the name of its file; only small companions live with the type they serve.
    static let typesInTheirFiles = SwiftRule("types stand in the file of their name") { file in
        guard file.text.isIn("Sources/") else { return [] }
        return outerTypes(in: file).compactMap { type in
            guard type.lines > maximumCompanionLines, !isNamed(file, after: type.name) else { return nil }
            return file.text.violation(
                line: type.line, "\(type.name) has \(type.lines) lines; move it to \(type.name).swift")
        }
    }

    /// The types that a file declares outside of others: name, first line from 1, number of lines.
    private static func outerTypes(in file: SwiftFile) -> [(name: String, line: Int, lines: Int)] {
        file.code.enumerated().compactMap { index, line in
            guard line.first?.isWhitespace == false, let type = declaredType(line) else { return nil }
            let isOneLine = !line.contains("{") || line.contains("}")
            let end = isOneLine ? index : file.code[index...].firstIndex { $0.hasPrefix("}") } ?? index
            return (type.name, index + 1, end - index + 1)
        }
    }

    /// Whether a file is called `Type.swift` or `Type+topic.swift`.
    private static func isNamed(_ file: SwiftFile, after type: String) -> Bool {
        file.text.name == "\(type).swift" || file.text.name.hasPrefix("\(type)+")
    }

    /// The type that a line declares; nil for other lines.
    static func declaredType(_ line: String) -> (name: String, kind: String, isPackage: Bool)? {
        let words = line.split { $0.isWhitespace || $0 == ":" || $0 == "<" || $0 == "{" }
        let kinds: Set<Substring> = ["actor", "class", "enum", "protocol", "struct", "typealias"]
        let modifiers: Set<Substring> = [
            "fileprivate", "final", "indirect", "internal", "nonisolated", "package", "private",
        ]
        guard let kind = words.firstIndex(where: { kinds.contains($0) }), kind + 1 < words.count,
            words[..<kind].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@") }),
            words[kind + 1].first?.isUppercase == true
        else { return nil }
        return (String(words[kind + 1]), String(words[kind]), words[..<kind].contains("package"))
    }

    /// Whether a documentation comment stands above the line, with nothing but attributes in between.
    private static func isDocumented(_ file: SwiftFile, above index: Int) -> Bool {
        for above in file.text.lines[..<index].reversed() {
            let line = above.drop(while: \.isWhitespace)
            if line.hasPrefix("///") { return true }
            guard line.hasPrefix("@") else { return false }
        }
        return false
    }
}

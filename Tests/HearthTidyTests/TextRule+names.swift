extension TextRule {
    /// Buckets collect what has no place; names of time tell of a replacement that was not finished.
    static let names = TextRule("names say what a thing is") { file in
        let buckets: Set<String> = ["Helper", "Helpers", "Misc", "Util", "Utilities", "Utils"]
        let times: Set<String> = ["Deprecated", "Legacy", "New", "V2", "V3"]
        // A model or a picture is called as the world calls it.
        guard file.isCode else { return [] }
        return file.path.split(separator: "/").flatMap { part in
            camelWords(part).compactMap { word in
                if buckets.contains(word) {
                    return file.violation(line: 1, "\(part): \(word) is a bucket; name the responsibility")
                }
                guard times.contains(word) else { return nil }
                return file.violation(line: 1, "\(part): \(word) is a time; replace the other version and delete it")
            }
        }
    }

    /// The words of a file's name, each with its first letter as a capital.
    static func camelWords(_ name: Substring) -> [String] {
        var words: [String] = []
        var wasLower = false
        for character in name {
            guard character.isLetter || character.isNumber else {
                words.append("")
                wasLower = false
                continue
            }
            if words.isEmpty || (character.isUppercase && wasLower) { words.append("") }
            words[words.count - 1].append(character)
            wasLower = !character.isUppercase
        }
        return words.filter { !$0.isEmpty }.map { $0.prefix(1).uppercased() + $0.dropFirst() }
    }
}

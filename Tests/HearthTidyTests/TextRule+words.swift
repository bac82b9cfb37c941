extension TextRule {
    /// The words that mark unfinished work; in pieces, so that this file does not hold them.
    static let leftoverWords = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    /// Folders of one machine; a clone of the repository does not have them.
    private static let machineFolders = ["wo" + "rk", "ro" + "ot"]

    /// Swift files are checked by the rule of the same name for them, which looks at comments only.
    static let leftovers = TextRule("no unfinished work is left behind") { file in
        guard !file.name.hasSuffix(".swift") else { return [] }
        return file.lines.enumerated().flatMap { index, line in leftovers(in: line, of: file, number: index + 1) }
    }

    /// Absolute paths work on the author's machine only.
    static let machinePaths = TextRule("no path of one machine is in the tree") { file in
        file.lines.enumerated().flatMap { index, line in
            machineFolders.filter { holds("/\($0)/", in: line) }.map {
                file.violation(line: index + 1, "/\($0)/ exists on one machine only; use a path inside the repository")
            }
        }
    }

    /// The marks of unfinished work in one line.
    static func leftovers(in line: some StringProtocol, of file: TextFile, number: Int) -> [Violation] {
        leftoverWords.filter { !WordSearch.words($0, in: line).isEmpty }.map {
            file.violation(line: number, "\($0): do it now, or leave the place clean")
        }
    }

    /// Words that a reader has to translate, and what to write instead; in pieces, as above.
    static let riddles: [(word: String, instead: String)] = [
        ("a" + "lcove", "module"), ("a" + "new", "again"), ("any" + "body", "any caller, any process"),
        ("hope" + "less", "cannot succeed"), ("m" + "end", "repair"), ("m" + "ended", "repaired"),
        ("no" + "body", "no caller, no client; or say what does not happen"),
        ("pati" + "ently", "with a long deadline"),
        ("she" + "lf", "library, folder or collection"), ("some" + "body", "a caller, a client, another process"),
        ("st" + "eer", "cancel, retry, load"), ("who" + "ever", "the caller, the client, the code that"),
    ]

    /// Programs, pages and tools are checked; tests are not.
    static let plainWords = TextRule("words are the field's, and literal") { file in
        guard file.isIn("Sources/", "docs/", "Tools/") else { return [] }
        return file.lines.enumerated().flatMap { index, line in
            riddles(in: line).map { file.violation(line: index + 1, "\($0.word): write \($0.instead)") }
        }
    }

    /// The riddles in one line, also as a part of a name in camel case.
    private static func riddles(in line: Substring) -> [(word: String, instead: String)] {
        let lowercased = line.lowercased()
        let found = riddles.filter { lowercased.contains($0.word) }
        guard !found.isEmpty else { return [] }
        let words = Set(camelWords(line).map { $0.lowercased() })
        return found.filter { words.contains($0.word) }
    }

    /// Whether an absolute path begins with the folder: nothing of a path or an address is in front of it.
    private static func holds(_ folder: String, in line: Substring) -> Bool {
        WordSearch.offsets(of: folder, in: line).contains { offset in
            guard offset > line.startIndex else { return true }
            let before = line[line.index(before: offset)]
            return !before.isLetter && !before.isNumber && !"._-~/}".contains(before)
        }
    }
}

/// One text file of the repository, as the rules see it.
struct TextFile {
    /// Relative to the repository's root, with slashes.
    let path: String
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
    }

    /// The last part of the path.
    var name: Substring { path.split(separator: "/").last ?? "" }

    /// Whether the file is in one of the folders, each given with its last slash.
    func isIn(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0) } }

    /// Whether people write it for a machine to run; the rest is prose and data.
    var isCode: Bool {
        let endings = [".c", ".h", ".modulemap", ".py", ".swift"]
        return endings.contains { name.hasSuffix($0) } || name == "Makefile" || isIn("Scripts/", ".ci/")
    }

    func violation(line: Int, _ message: String) -> Violation { Violation(path: path, line: line, message: message) }
}

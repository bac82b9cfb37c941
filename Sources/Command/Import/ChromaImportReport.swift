import HearthCore
import HearthJSON

/// What became of one collection.
struct ChromaImportReport: Sendable {
    var source: String
    var target: String
    /// Records that were read for it on the other side.
    var read = 0
    /// Records that it has here, afterwards.
    var stored = 0
    var problemCount = 0
    var problems: [JSONValue] = []

    /// Whether all that was read is here.
    var isComplete: Bool { problemCount == 0 && stored >= read }

    init(source: String, target: String) {
        self.source = source
        self.target = target
    }

    var json: JSONValue {
        [
            "source": .string(source), "target": .string(target), "read": .int(Int64(read)),
            "stored": .int(Int64(stored)), "error_count": .int(Int64(problemCount)), "errors": .array(problems),
            "complete": .bool(isComplete),
        ]
    }

    func text(isDry: Bool) -> String {
        let arrow = "\(source) → \(target)".padded(to: 50)
        guard !isDry else { return "\(arrow) \(counted(read, "record"))" }
        var lines = ["\(arrow) \(read) read, \(stored) here" + (isComplete ? "" : ", INCOMPLETE")]
        if stored > read, problemCount == 0 { lines.append("    It has records of its own besides.") }
        for problem in problems.prefix(10) {
            lines.append("    \(problem["id"]?.stringValue ?? "?"): \(problem["message"]?.stringValue ?? "")")
        }
        if problemCount > 10 { lines.append("    and \(problemCount - 10) more") }
        return lines.joined(separator: "\n")
    }
}

extension SwiftRule {
    /// Each ban says what to write instead.
    static let bannedCalls = SwiftRule("no banned call is made") { file in
        let calls = BannedCall.all.filter { call in
            call.folders.contains { file.text.isIn($0) } && !call.exceptions.contains { file.text.isIn($0) }
        }
        return file.code.enumerated().flatMap { index, line in
            calls.filter { $0.isIn(line) }.map {
                file.text.violation(line: index + 1, "\($0.text) is banned: \($0.instead)")
            }
        }
    }

    /// What the compiler no longer checks, a person must be able to.
    static let explainedUnsafety = SwiftRule("unchecked sendability is explained") { file in
        let marks = ["@unchecked Sendable", "nonisolated(unsafe)"]
        return file.code.enumerated().flatMap { index, line in
            marks.filter { line.contains($0) && !hasComment(file, near: index) }.map {
                file.text.violation(line: index + 1, "\($0) needs a comment that says why it is safe")
            }
        }
    }

    /// Whether there is a comment on the line or the three above it.
    private static func hasComment(_ file: SwiftFile, near index: Int) -> Bool {
        file.comments[max(0, index - 3)...index].contains { line in !line.allSatisfy(\.isWhitespace) }
    }
}

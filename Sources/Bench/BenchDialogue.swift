import Foundation
import HearthCommand
import HearthCore

/// Another program, run by a script of `Benchmarks/`, that answers each line with a line.
final class BenchDialogue {
    private let lines: BenchLines

    /// Starts it and waits until it says `ready`.
    /// - Throws: ``HearthError`` `invalid_configuration` that says what it lacks.
    init(script: String, arguments: [String], hint: String) throws {
        let root = URL(fileURLWithPath: try ProgramFiles.samples()).deletingLastPathComponent()
        lines = try BenchLines(root.appending(path: "Benchmarks/\(script)"), arguments, keepsErrors: true)
        guard line() == "ready" else {
            throw HearthError(
                .invalidConfiguration, lines.lastWords().trimmingCharacters(in: .whitespacesAndNewlines), hint: hint)
        }
    }

    /// - Returns: its answer; empty when it has ended.
    func ask(_ question: String) throws -> String {
        try lines.send(Data(question.utf8))
        return line()
    }

    /// - Returns: the numbers of its answer.
    /// - Throws: ``HearthError`` `internal_error` when it has ended.
    func values(_ question: String) throws -> [Double] {
        let values = try ask(question).split(separator: " ").compactMap { Double($0) }
        guard !values.isEmpty else { throw HearthError(.internalError, "The peer has no answer to `\(question)`.") }
        return values
    }

    /// Ends it.
    func stop() { lines.stop() }

    private func line() -> String { String(decoding: lines.line(), as: UTF8.self) }
}

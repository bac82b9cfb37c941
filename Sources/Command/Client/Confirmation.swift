import ArgumentParser
import Foundation
import HearthCore

/// Asks the person at a terminal before something is deleted that cannot be had back. A program is not asked.
enum Confirmation {
    /// The flag that answers beforehand.
    static let flag = "--yes"

    /// Operations that delete more than one thing for good.
    private static let operations: Set<String> = [
        "studio.projects.delete", "studio.characters.delete", "collections.delete",
    ]

    /// Whether a person is asked before an operation is called.
    static func isNeeded(for operation: HearthCore.Operation) -> Bool { operations.contains(operation.name) }

    /// - Parameter isGiven: whether ``flag`` is.
    /// - Throws: `ExitCode.failure` when the answer is no.
    static func require(_ question: String, isGiven: Bool) throws {
        guard !isGiven, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return }
        Terminal.note("\(question) [y/N]")
        guard let answer = readLine(), isYes(answer) else {
            Terminal.note("Nothing was deleted.")
            throw ExitCode.failure
        }
    }

    static func isYes(_ answer: String) -> Bool {
        ["y", "yes"].contains(answer.trimmingCharacters(in: .whitespaces).lowercased())
    }
}

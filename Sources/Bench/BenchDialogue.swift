import Foundation
import HearthCommand
import HearthCore

/// Another program, run by a script of `Benchmarks/`, that answers each line with a line.
final class BenchDialogue {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()

    /// Starts it and waits until it says `ready`.
    /// - Throws: ``HearthError`` `invalid_configuration` that says what it lacks.
    init(script: String, arguments: [String], hint: String) throws {
        let root = URL(fileURLWithPath: try ProgramFiles.samples()).deletingLastPathComponent()
        let errors = Pipe()
        process.executableURL = root.appending(path: "Benchmarks/\(script)")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try ExitCleanup.shared.start(process)
        guard try line() == "ready" else {
            process.waitUntilExit()
            let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
            throw HearthError(
                .invalidConfiguration, said.trimmingCharacters(in: .whitespacesAndNewlines), hint: hint)
        }
    }

    /// - Returns: its answer; empty when it has ended.
    func ask(_ question: String) throws -> String {
        try input.fileHandleForWriting.write(contentsOf: Data("\(question)\n".utf8))
        return try line()
    }

    /// - Returns: the numbers of its answer.
    /// - Throws: ``HearthError`` `internal_error` when it has ended.
    func values(_ question: String) throws -> [Double] {
        let values = try ask(question).split(separator: " ").compactMap { Double($0) }
        guard !values.isEmpty else { throw HearthError(.internalError, "The peer has no answer to `\(question)`.") }
        return values
    }

    /// Ends it.
    func stop() {
        ExitCleanup.shared.stop(process)
    }

    private func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread = Data(unread[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return "" }
            unread += more
        }
    }
}

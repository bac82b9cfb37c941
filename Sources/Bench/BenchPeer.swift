import Foundation
import HearthCommand
import HearthCore

/// Another server, run by a script of `Benchmarks/` for a comparison in the same run.
final class BenchPeer {
    private let process = Process()
    private let input = Pipe()
    let port: Int

    /// Starts it and waits until it answers.
    /// - Parameters:
    ///   - script: prints `ready PORT`, and runs until it is told to end.
    ///   - hint: what helps when something is missing.
    /// - Throws: ``HearthError`` `invalid_configuration` that says what it lacks.
    init(script: String, arguments: [String], hint: String) throws {
        let root = URL(fileURLWithPath: try ProgramFiles.samples()).deletingLastPathComponent()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = root.appending(path: "Benchmarks/\(script)")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try ExitCleanup.shared.start(process)
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard line.hasPrefix("ready "),
            let port = Int(line.dropFirst(6).trimmingCharacters(in: .whitespacesAndNewlines))
        else {
            process.waitUntilExit()
            let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
            throw HearthError(
                .invalidConfiguration, said.trimmingCharacters(in: .whitespacesAndNewlines),
                hint: hint)
        }
        self.port = port
    }

    /// Ends it; it removes what it made.
    func stop() {
        ExitCleanup.shared.stop(process)
    }
}

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
        try Self.withSignals { [process] in try process.run() }
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

    /// Runs `body` with no signal blocked: a child inherits what is, and this may be a thread that blocks them all.
    static func withSignals(_ body: () throws -> Void) rethrows {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    /// Ends it; it removes what it made.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}

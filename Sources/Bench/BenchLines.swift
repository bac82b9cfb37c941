import Foundation
import HearthCommand
import HearthCore

/// A process that answers each line on its standard input with a line on its standard output.
final class BenchLines {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors = Pipe()
    private var unread = Data()

    /// Starts it.
    /// - Parameter keepsErrors: whether what it says besides is kept for ``lastWords()``; else it is lost.
    init(
        _ program: URL, _ arguments: [String], environment: [String: String]? = nil, keepsErrors: Bool = false
    ) throws {
        process.executableURL = program
        process.arguments = arguments
        if let environment { process.environment = environment }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = keepsErrors ? errors : FileHandle.nullDevice
        try ExitCleanup.shared.start(process)
    }

    func send(_ line: Data) throws { try input.fileHandleForWriting.write(contentsOf: line + [0x0A]) }

    /// The next line; empty when the process has ended.
    func line() -> Data {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                let line = Data(unread[..<end])
                unread = Data(unread[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return Data() }
            unread += more
        }
    }

    /// Waits for its end.
    /// - Returns: what it has said besides.
    func lastWords() -> String {
        process.waitUntilExit()
        return String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    }

    /// Ends it.
    func stop() { ExitCleanup.shared.stop(process) }
}

import Foundation
import HearthCore
import HearthTesting

@testable import HearthCommand

/// The program `hearth` as users run it: a process of its own, in a folder of its own.
struct HearthRun {
    let code: Int32
    let output: String
    let errors: String

    /// All that it has said.
    var text: String { output + errors }

    /// Runs it to its end.
    /// - Parameters:
    ///   - folder: where it runs, keeps its data (`data`) and its temporary files (`tmp`).
    ///   - environment: variables besides those that every run has; nothing of the tests' own settings is passed on.
    init(
        _ arguments: [String], in folder: TemporaryFolder, _ environment: [String: String] = [:]
    ) async throws {
        let running = try RunningHearth(arguments, in: folder, environment)
        self = try await running.end()
    }

    fileprivate init(code: Int32, output: String, errors: String) {
        (self.code, self.output, self.errors) = (code, output, errors)
    }
}

/// The program while it runs.
final class RunningHearth {
    private let process = Process()
    private let folder: TemporaryFolder
    private let ended: AsyncStream<Int32>
    private let names: (output: String, errors: String)

    var pid: Int32 { process.processIdentifier }

    /// - Parameter program: a program beside `hearth`.
    init(
        _ arguments: [String], program: String = "hearth", in folder: TemporaryFolder,
        _ environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        let number = UInt32.random(in: 0 ... .max)
        names = (folder.file("output-\(number)"), folder.file("errors-\(number)"))
        try FileManager.default.createDirectory(atPath: folder.file("tmp"), withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.server())
            .deletingLastPathComponent().appending(path: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }
            .merging(["HEARTH_DATA": folder.file("data"), "TMPDIR": folder.file("tmp")]) { $1 }
            .merging(environment) { $1 }
        for name in [names.output, names.errors] { _ = FileManager.default.createFile(atPath: name, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: names.output)
        process.standardError = FileHandle(forWritingAtPath: names.errors)
        let (stream, end) = AsyncStream<Int32>.makeStream()
        ended = stream
        process.terminationHandler = { process in
            end.yield(process.terminationStatus)
            end.finish()
        }
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// What it has written to standard output so far.
    var output: String { (try? String(contentsOfFile: names.output, encoding: .utf8)) ?? "" }

    /// What it has written to standard error so far.
    var errors: String { (try? String(contentsOfFile: names.errors, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for its end.
    func end() async throws -> HearthRun {
        var code: Int32 = -1
        for await status in ended { code = status }
        return HearthRun(code: code, output: output, errors: errors)
    }

    /// Processes that were started with this folder, itself among them.
    static func processes(of folder: TemporaryFolder) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int32(name) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
                return false
            }
            return bytes.range(of: Data(folder.path.utf8)) != nil
        }
    }
}

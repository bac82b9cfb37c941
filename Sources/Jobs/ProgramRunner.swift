package import Foundation
import HearthCore

/// Runs other programs for jobs.
///
///     try await programs.withFolder { folder in
///         try await programs.run(ProgramCall("ffmpeg", ["-i", path, "out.mp4"]), in: folder)
///         return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/out.mp4"))
///     }
package protocol ProgramRunner: Sendable {
    /// Gives the body an empty folder of its own, which is removed with all it holds when the body has ended.
    /// - Throws: what the body throws; ``HearthError`` `storage_unavailable` when there can be no folder.
    func withFolder<Output: Sendable>(_ body: (_ folder: String) async throws -> Output) async throws -> Output

    /// Runs a program to its end and returns what it wrote.
    ///
    /// The program, and all that it has started, is ended when the calling task is cancelled (with the job), when its
    /// time is up, when it writes too much, and when this process dies.
    /// - Parameter folder: Its working folder.
    /// - Throws: ``JobFailure`` `program_missing` (costs the job nothing), `program_timeout` (costs an attempt) and
    ///   `program_output_too_long` (ends the job); `CancellationError`. An exit status other than 0 is no error here.
    func run(_ call: ProgramCall, in folder: String) async throws -> ProgramResult
}

/// The runner of a process that runs no jobs, such as the front: its operations are declared there and run elsewhere.
package struct NoPrograms: ProgramRunner {
    package init() {}

    /// - Throws: ``HearthError`` `internal_error`, always.
    package func withFolder<Output: Sendable>(
        _ body: (_ folder: String) async throws -> Output
    ) async throws -> Output {
        throw Self.refusal
    }

    /// - Throws: ``HearthError`` `internal_error`, always.
    package func run(_ call: ProgramCall, in folder: String) async throws -> ProgramResult { throw Self.refusal }

    private static let refusal = HearthError(.internalError, "This process runs no programs.")
}

/// What to run.
package struct ProgramCall: Sendable {
    /// Names the worker that has started a program, in the program's environment: when the worker has died, the front
    /// ends what it has left.
    package static let workerVariable = "HEARTH_PROGRAM_OF"

    /// A plain name, looked for in the folders of `PATH`.
    package var program: String
    package var arguments: [String]
    /// Variables beside `PATH`, `HOME`, `TMPDIR` and `LANG`; nothing else of this process's environment is passed on.
    package var environment: [String: String]
    package var timeout: Duration
    /// Bytes that it may write to its standard output.
    package var outputBytes: Int
    /// Told of each line that it writes to its standard error, for progress; must not block.
    package var onMessage: (@Sendable (String) -> Void)?

    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
        timeout: Duration = .seconds(60), outputBytes: Int = Limits.programOutputBytes,
        onMessage: (@Sendable (String) -> Void)? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.timeout = timeout
        self.outputBytes = outputBytes
        self.onMessage = onMessage
    }
}

/// How a program has ended.
package struct ProgramResult: Sendable {
    /// Its exit status; 128 and the signal's number when a signal has ended it.
    package var status: Int32
    /// All of its standard output.
    package var output: Data
    /// The end of its standard error, ``Limits/programMessageBytes`` at most.
    package var messages: String

    package init(status: Int32, output: Data, messages: String) {
        self.status = status
        self.output = output
        self.messages = messages
    }
}

/// Where programs that jobs run are found.
package enum ProgramPath {
    /// The path of a program in the first folder of `PATH` that has it; nil when none does.
    ///
    /// - Parameters:
    ///   - name: a plain file name; a name with a slash is found nowhere, so that input never chooses the file.
    ///   - folders: as in `PATH`; an empty entry, which would be the working folder, is passed over.
    package static func find(_ name: String, in folders: String? = nil) -> String? {
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else { return nil }
        let folders = folders ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in folders.split(separator: ":") {
            let path = "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
                FileManager.default.isExecutableFile(atPath: path)
            {
                return path
            }
        }
        return nil
    }
}

import Foundation
import HearthCore
package import HearthJobs
import Subprocess
import SystemPackage

/// Runs programs as child processes, each in a process group of its own and with an environment of its own.
package struct ProgramProcesses: ProgramRunner {
    private let worker: String
    private let root: String
    private let niceness: Int32?
    /// Process groups of the programs that run; nil after ``killAll()``.
    private let running = Locked<Set<pid_t>?>([])

    /// - Parameters:
    ///   - worker: Name of this process, as in its leases.
    ///   - root: Where folders of jobs are made.
    ///   - niceness: Of the programs; nil: that of the thread that happens to start them.
    package init(worker: String, root: String, niceness: Int32? = nil) {
        self.worker = worker
        self.root = root
        self.niceness = niceness
    }

    /// Makes an empty folder for `body`, and removes it afterwards with all that is in it.
    /// - Throws: ``HearthError`` `storage_unavailable` when it cannot be made; what `body` throws.
    package func withFolder<Output: Sendable>(
        _ body: (_ folder: String) async throws -> Output
    ) async throws -> Output {
        let folder = "\(root)/\(Identifier.make())"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw HearthError(.storageUnavailable, "A folder for a job cannot be made.", cause: error)
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    /// Runs a program in a folder until it ends, and ends it and its children when the task is cancelled.
    /// - Throws: ``JobFailure`` when it does not start, takes too long or writes too much; `CancellationError`.
    package func run(_ call: ProgramCall, in folder: String) async throws -> ProgramResult {
        guard let path = ProgramPath.find(call.program) else {
            throw JobFailure(
                kind: .infrastructure, code: "program_missing", message: "There is no program \(call.program).")
        }
        do {
            return try await withDeadline(.now + call.timeout, call.program) {
                try await self.run(path, call, in: folder)
            }
        } catch let error as HearthError where error.code == .deadlineExceeded {
            throw JobFailure(
                kind: .transient, code: "program_timeout",
                message: "\(call.program) did not end within \(call.timeout.components.seconds) s.")
        }
    }

    /// Kills all programs that run or that are being started, and their children; for a process that is about to end.
    package func killAll() {
        let groups = running.withLock { running in
            defer { running = nil }
            return running ?? []
        }
        for pid in groups { _ = kill(-pid, SIGKILL) }
    }

    /// Notes that a program has been started; after ``killAll()`` it is killed instead.
    private func note(_ pid: pid_t) {
        let isEnding = running.withLock { running in
            running?.insert(pid)
            return running == nil
        }
        if isEnding { _ = kill(-pid, SIGKILL) }
    }

    private func run(_ path: String, _ call: ProgramCall, in folder: String) async throws -> ProgramResult {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Limits.programGrace)
        ]
        let started = Locked<pid_t?>(nil)
        // What the program has started and left behind goes with it.
        defer {
            if let pid = started.withLock({ $0 }) {
                _ = kill(-pid, SIGKILL)
                running.withLock { _ = $0?.remove(pid) }
            }
        }
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(call.arguments),
            environment: .custom(environment(of: call, in: folder)), workingDirectory: FilePath(folder),
            platformOptions: options, input: .none, output: .sequence, error: .sequence
        ) { execution in
            let pid = execution.processIdentifier.value
            started.withLock { $0 = pid }
            note(pid)
            // Not inherited from this process: libdispatch gives the threads that start programs a niceness of its own.
            if let niceness { _ = setpriority(__priority_which_t(PRIO_PGRP.rawValue), id_t(pid), niceness) }
            async let messages = Self.messages(of: execution.standardError, call.onMessage)
            let output = try await Self.output(of: execution.standardOutput, call)
            return (output, try await messages)
        }
        try Task.checkCancellation()
        let (output, messages) = result.closureResult
        return ProgramResult(status: Self.status(result.terminationStatus), output: output, messages: messages)
    }

    private func environment(of call: ProgramCall, in folder: String) -> [Environment.Key: String] {
        var variables = call.environment
        variables["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        variables["HOME"] = folder
        variables["TMPDIR"] = folder
        variables["LANG"] = "C.UTF-8"
        variables[ProgramCall.workerVariable] = worker
        return Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0), $1) })
    }

    /// All that the program writes, checked before it is kept.
    private static func output(of stream: SubprocessOutputSequence, _ call: ProgramCall) async throws -> Data {
        var output = Data()
        for try await chunk in stream {
            guard output.count + chunk.count <= call.outputBytes else {
                throw JobFailure(
                    kind: .permanent, code: "program_output_too_long",
                    message: "\(call.program) wrote more than \(call.outputBytes) bytes.")
            }
            chunk.withUnsafeBytes { output.append(contentsOf: $0) }
        }
        return output
    }

    /// The end of what the program says; each whole line is passed on as it comes.
    private static func messages(
        of stream: SubprocessOutputSequence, _ onMessage: (@Sendable (String) -> Void)?
    ) async throws -> String {
        var (end, line): ([UInt8], [UInt8]) = ([], [])
        for try await chunk in stream {
            let bytes = chunk.withUnsafeBytes { Array($0) }
            end = Array((end + bytes).suffix(Limits.programMessageBytes))
            guard let onMessage else { continue }
            for byte in bytes {
                // Programs that show progress go back to the beginning of the line.
                guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
                    if line.count < Limits.programMessageBytes { line.append(byte) }
                    continue
                }
                if !line.isEmpty { onMessage(String(decoding: line, as: UTF8.self)) }
                line = []
            }
        }
        if let onMessage, !line.isEmpty { onMessage(String(decoding: line, as: UTF8.self)) }
        return String(decoding: end, as: UTF8.self)
    }

    private static func status(_ status: TerminationStatus) -> Int32 {
        switch status {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}
